// Parts that several pages use.

import { html, useCallback, useEffect, useRef, useState } from "./vendor-preact.js";
import { contentUrl } from "./api.js";
import { at, money, pretty } from "./format.js";

const TONES = {
  completed: "good", processed: "good", answered: "good", attached: "good",
  failed: "bad", expired: "bad", refused: "bad", error: "bad",
  cancelled: "off", incomplete: "warn", requires_action: "warn", cancelling: "warn",
};

export const Status = ({ value }) =>
  html`<span class="status ${TONES[value] || "busy"}">${value.replaceAll("_", " ")}</span>`;

export const Time = ({ seconds }) =>
  seconds
    ? html`<time datetime=${new Date(seconds * 1000).toISOString()}>${at(seconds)}</time>`
    : null;

export const Cost = ({ usd }) => html`<span class="number">${money(usd)}</span>`;

export const Failure = ({ error }) =>
  error &&
  html`<div class="failure" role="alert">
    <p>${error.message}</p>
    ${error.requestId && html`<p class="quiet">Request id <code>${error.requestId}</code></p>`}
  </div>`;

export const Empty = ({ title, children }) =>
  html`<div class="empty"><h2>${title}</h2><p>${children}</p></div>`;

export const Loading = () => html`<p class="quiet" role="status">Loading …</p>`;

export const Code = ({ text, label }) =>
  html`<pre tabindex="0" aria-label=${label}><code>${pretty(text || "")}</code></pre>`;

/** Loads something once for each value of `inputs`; returns { value, error, reload }. */
export const useLoaded = (load, inputs) => {
  const [state, set] = useState({});
  const current = useRef(0);
  const reload = useCallback(async () => {
    const mine = ++current.current;
    try {
      const value = await load();
      if (mine === current.current) set({ value });
    } catch (error) {
      if (mine === current.current) set((before) => ({ ...before, error }));
    }
  }, inputs);
  useEffect(() => {
    set({});
    reload();
    return () => void current.current++;
  }, [reload]);
  return { ...state, reload };
};

/** Pages of a list that grow at its end; `fetchPage` gets the cursor of the page before. */
export const usePages = (fetchPage, inputs) => {
  const [state, set] = useState({ items: [], more: false, loading: true });
  const current = useRef(0);
  const next = useCallback(
    async (after, items) => {
      const mine = ++current.current;
      set((before) => ({ ...before, loading: true, error: undefined }));
      try {
        const page = await fetchPage(after);
        if (mine !== current.current) return;
        const all = [...items, ...page.data];
        set({ items: all, more: page.has_more, last: page.last_id, loading: false });
      } catch (error) {
        if (mine === current.current) set((before) => ({ ...before, error, loading: false }));
      }
    },
    inputs,
  );
  useEffect(() => {
    set({ items: [], more: false, loading: true });
    next(undefined, []);
    return () => void current.current++;
  }, [next]);
  return {
    ...state,
    loadMore: () => next(state.last, state.items),
    reload: () => next(undefined, []),
  };
};

export const More = ({ pages }) =>
  html`<div class="more">
    ${pages.loading
      ? html`<${Loading} />`
      : pages.more && html`<button onClick=${pages.loadMore}>Load more</button>`}
  </div>`;

/** A list of files of the API, each with a button that downloads it. */
export const Download = ({ fileId, name, children }) => {
  const [error, setError] = useState();
  const save = async () => {
    try {
      const url = await contentUrl(fileId);
      const link = Object.assign(document.createElement("a"), { href: url, download: name || fileId });
      link.click();
      URL.revokeObjectURL(url);
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<span class="download">
    <button class="small" onClick=${save}>${children || `Download ${name || fileId}`}</button>
    <${Failure} error=${error} />
  </span>`;
};

/** Calls `tick` again and again, after its own delay each time, until it returns false. */
export const usePolling = (tick, seconds, inputs) => {
  useEffect(() => {
    let timer;
    let stopped = false;
    const step = async () => {
      if (document.visibilityState === "hidden" || (await tick()) !== false) {
        if (!stopped) timer = setTimeout(step, seconds * 1000);
      }
    };
    timer = setTimeout(step, seconds * 1000);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, inputs);
};
