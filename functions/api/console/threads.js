// Threads: a list that is searched by user, purpose, metadata and date.

import { html, useState } from "./vendor-preact.js";
import { get } from "./api.js";
import { Empty, Failure, More, Time, usePages } from "./ui.js";

const FIELDS = [
  ["user_id", "User", "text"],
  ["purpose", "Purpose", "text"],
  ["metadata", "Metadata", "text", "key=value"],
  ["from", "From", "date"],
  ["to", "To", "date"],
];

/** Returns the query of the API for the search in the address. */
const queryOf = (given) => {
  const [key, value] = (given.metadata || "").split(/=(.*)/s);
  const seconds = (date, days) => Math.floor(new Date(date).getTime() / 1000) + days * 86_400;
  return {
    user_id: given.user_id,
    purpose: given.purpose,
    ...(key && value !== undefined ? { [`metadata[${key}]`]: value } : {}),
    created_after: given.from && seconds(given.from, 0),
    created_before: given.to && seconds(given.to, 1),
  };
};

const Search = ({ given }) => {
  const search = (event) => {
    event.preventDefault();
    const entries = [...new FormData(event.target)].filter(([, value]) => value);
    location.hash = `#/threads?${new URLSearchParams(entries)}`;
  };
  return html`<form class="filters" role="search" onSubmit=${search}>
    ${FIELDS.map(
      ([name, label, type, hint]) => html`<label>
        <span>${label}</span>
        <input name=${name} type=${type} placeholder=${hint} defaultValue=${given[name] || ""} />
      </label>`,
    )}
    <button class="main">Search</button>
    ${Object.keys(given).length > 0 && html`<a href="#/threads">Show all</a>`}
  </form>`;
};

const pairs = (metadata) => Object.entries(metadata).map(([name, value]) => `${name}=${value}`);

const Row = ({ thread }) =>
  html`<tr>
    <td><a href="#/threads/${thread.id}"><code>${thread.id}</code></a></td>
    <td>${thread.user_id || html`<span class="quiet">none</span>`}</td>
    <td>${thread.purpose}</td>
    <td><${Time} seconds=${thread.created_at} /></td>
    <td><${Time} seconds=${thread.last_activity} /></td>
    <td class="wide">${pairs(thread.metadata).map((pair) => html`<code class="tag">${pair}</code>`)}</td>
  </tr>`;

const Go = () => {
  const [id, setId] = useState("");
  const open = (event) => {
    event.preventDefault();
    if (id.trim()) location.hash = `#/threads/${encodeURIComponent(id.trim())}`;
  };
  return html`<form class="go" onSubmit=${open}>
    <label><span>Open by id</span>
      <input value=${id} placeholder="thread_…" onInput=${(event) => setId(event.target.value)} />
    </label>
    <button>Open</button>
  </form>`;
};

export default ({ given }) => {
  const query = queryOf(given);
  const pages = usePages((after) => get("threads", { ...query, after, limit: 50 }), []);
  const nothing = !pages.loading && !pages.error && pages.items.length === 0 && !pages.more;
  return html`<div class="title"><h1>Threads</h1><${Go} /></div>
    <${Search} given=${given} />
    <${Failure} error=${pages.error} />
    ${pages.items.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label="List of threads"><table>
      <thead><tr>
        <th>Thread</th><th>User</th><th>Purpose</th><th>Created</th><th>Last activity</th><th>Metadata</th>
      </tr></thead>
      <tbody>${pages.items.map((thread) => html`<${Row} key=${thread.id} thread=${thread} />`)}</tbody>
    </table></div>`}
    ${nothing &&
    (Object.keys(given).length > 0
      ? html`<${Empty} title="No thread matches">Change the search, or <a href="#/threads">show all threads</a>.<//>`
      : html`<${Empty} title="No threads yet">
          Start one in the <a href="#/playground">playground</a>, or point an application at this server.
        <//>`)}
    <${More} pages=${pages} />`;
};
