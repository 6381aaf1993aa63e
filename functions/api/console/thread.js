// A thread: its messages and its runs.

import { html } from "./vendor-preact.js";
import { get } from "./api.js";
import { Message } from "./messages.js";
import { Cost, Empty, Failure, Loading, More, Status, Time, useLoaded, usePages } from "./ui.js";

const Facts = ({ thread }) =>
  html`<dl class="facts">
    <div><dt>Created</dt><dd><${Time} seconds=${thread.created_at} /></dd></div>
    ${thread.user_id && html`<div><dt>User</dt><dd><a href="#/threads?user_id=${encodeURIComponent(thread.user_id)}">${thread.user_id}</a></dd></div>`}
    ${thread.purpose && html`<div><dt>Purpose</dt><dd>${thread.purpose}</dd></div>`}
    ${thread.expires_at && html`<div><dt>Deleted after</dt><dd><${Time} seconds=${thread.expires_at} /></dd></div>`}
    ${Object.entries(thread.metadata).map(
      ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
    )}
  </dl>`;

const Runs = ({ threadId }) => {
  const pages = usePages((after) => get(`threads/${threadId}/runs`, { after, limit: 20 }), [threadId]);
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Runs</h2>
    <${Failure} error=${pages.error} />
    ${pages.items.map(
      (run) => html`<a class="row" key=${run.id} href="#/threads/${threadId}/runs/${run.id}">
        <${Status} value=${run.status} />
        <span><${Time} seconds=${run.created_at} /></span>
        <span class="quiet">${run.model}</span>
        <${Cost} usd=${run.cost_usd} />
      </a>`,
    )}
    ${!pages.loading && pages.items.length === 0 && !pages.error && html`<p class="quiet">No runs yet.</p>`}
    <${More} pages=${pages} />
  </section>`;
};

export default ({ threadId }) => {
  const loaded = useLoaded(() => get(`threads/${threadId}`), [threadId]);
  const pages = usePages(
    (after) => get(`threads/${threadId}/messages`, { after, limit: 30, order: "asc" }),
    [threadId],
  );
  if (loaded.error) return html`<h1>Thread</h1><${Failure} error=${loaded.error} />`;
  if (!loaded.value) return html`<${Loading} />`;
  return html`<div class="title">
      <h1>Thread <code>${threadId}</code></h1>
      <a class="button" href="#/playground?thread=${threadId}">Continue in the playground</a>
    </div>
    <${Facts} thread=${loaded.value} />
    <div class="split">
      <section aria-labelledby="messages">
        <h2 id="messages">Messages</h2>
        <${Failure} error=${pages.error} />
        ${pages.items.map((message) => html`<${Message} key=${message.id} message=${message} threadId=${threadId} />`)}
        ${!pages.loading && pages.items.length === 0 && !pages.error &&
        html`<${Empty} title="No messages yet">Write one in the <a href="#/playground?thread=${threadId}">playground</a>.<//>`}
        <${More} pages=${pages} />
      </section>
      <${Runs} threadId=${threadId} />
    </div>`;
};
