// The console's frame: the key, the navigation, and the page that the address names.

import { html, render, useEffect, useRef, useState } from "./vendor-preact.js";
import { get, session } from "./api.js";
import { Failure, Loading } from "./ui.js";

const PAGES = [
  ["threads", "Threads"],
  ["playground", "Playground"],
  ["approvals", "Approvals"],
  ["usage", "Usage"],
  ["drops", "Drops"],
];
const MODULES = {
  threads: () => import("./threads.js"),
  thread: () => import("./thread.js"),
  run: () => import("./run.js"),
  playground: () => import("./playground.js"),
  approvals: () => import("./approvals.js"),
  usage: () => import("./usage.js"),
  drops: () => import("./drops.js"),
};

/** Returns the page, its ids and its query from an address such as `#/threads/t_1?user_id=ada`. */
const routeOf = (hash) => {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [section, threadId, , runId] = path.split("/").map(decodeURIComponent);
  const given = Object.fromEntries(new URLSearchParams(query || ""));
  if (section === "threads" && runId) return { page: "run", section, threadId, runId, given };
  if (section === "threads" && threadId) return { page: "thread", section, threadId, given };
  const known = PAGES.some(([name]) => name === section) ? section : "threads";
  return { page: known, section: known, given, key: query || "" };
};

const SignIn = ({ onOpen }) => {
  const field = useRef();
  const [state, set] = useState({});
  const open = async (event) => {
    event.preventDefault();
    const key = field.current.value.trim();
    if (!key) return;
    set({ busy: true });
    session.open(key);
    try {
      await get("threads", { limit: 1 });
      onOpen();
    } catch (error) {
      session.close();
      set({ error });
    }
  };
  return html`<main class="sign-in">
    <h1>Understudy</h1>
    <form onSubmit=${open}>
      <label for="key">API key</label>
      <input id="key" ref=${field} type="password" autocomplete="off" required autofocus />
      <p class="quiet">
        The key stays in this tab until you close it. The operator creates keys with
        ${" "}<code>understudy api-key create</code>.
      </p>
      <${Failure} error=${state.error} />
      <button class="main" disabled=${state.busy}>Open the console</button>
    </form>
    <p class="quiet"><a href="docs">API reference</a></p>
  </main>`;
};

const Navigation = ({ section }) =>
  html`<header class="bar">
    <a class="brand" href="#/threads">Understudy</a>
    <nav aria-label="Pages">
      ${PAGES.map(
        ([name, title]) =>
          html`<a href="#/${name}" aria-current=${name === section ? "page" : null}>${title}</a>`,
      )}
    </nav>
    <a class="side" href="docs">API</a>
    <button class="plain" onClick=${() => session.close()}>Sign out</button>
  </header>`;

const Page = ({ route }) => {
  const [loaded, set] = useState({});
  useEffect(() => {
    MODULES[route.page]().then(
      (module) => set({ page: route.page, View: module.default }),
      () => set({ error: new Error("The page could not be loaded. Reload the window.") }),
    );
  }, [route.page]);
  if (loaded.error) return html`<${Failure} error=${loaded.error} />`;
  if (loaded.page !== route.page) return html`<${Loading} />`;
  const id = [route.page, route.threadId, route.runId, route.key].join("/");
  return html`<${loaded.View} key=${id} ...${route} />`;
};

const App = () => {
  const [isOpen, setOpen] = useState(Boolean(session.key));
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = () => setHash(location.hash);
    const closed = () => setOpen(false);
    window.addEventListener("hashchange", moved);
    window.addEventListener("signed-out", closed);
    return () => {
      window.removeEventListener("hashchange", moved);
      window.removeEventListener("signed-out", closed);
    };
  }, []);
  if (!isOpen) return html`<${SignIn} onOpen=${() => setOpen(true)} />`;
  const route = routeOf(hash);
  return html`<a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <${Navigation} section=${route.section} />
    <main id="content" tabindex="-1"><${Page} route=${route} /></main>`;
};

/** Moves the focus without changing the address, which names the page. */
const skip = (event) => {
  event.preventDefault();
  document.getElementById("content").focus();
};

render(html`<${App} />`, document.getElementById("app"));
