// Drops: files that were put into the bucket, their state, and the reports on them.

import { html, useState } from "./vendor-preact.js";
import { get } from "./api.js";
import { bytes } from "./format.js";
import { Markdown } from "./markdown.js";
import { Empty, Failure, Loading, More, Status, Time, useLoaded, usePages } from "./ui.js";

const Report = ({ dropId }) => {
  const { value: drop, error } = useLoaded(() => get(`drops/${dropId}`), [dropId]);
  if (error) return html`<${Failure} error=${error} />`;
  if (!drop) return html`<${Loading} />`;
  const report = drop.report;
  return html`<div class="details">
    <p><code>${drop.key}</code></p>
    ${drop.reason && !report && html`<p>${drop.reason}</p>`}
    ${report
      ? html`<p><${Status} value=${report.status} /> ${!report.text && report.detail}</p>
          ${report.text && html`<${Markdown} text=${report.text} />`}`
      : html`<p class="quiet">There is no report on this file: a newer one has the same key, or work on it has not begun.</p>`}
    ${drop.thread_id && html`<p><a href="#/threads/${drop.thread_id}">Show the thread, with charts and files</a></p>`}
  </div>`;
};

const Drop = ({ drop }) => {
  const [open, setOpen] = useState(false);
  return html`<details class="card" onToggle=${(event) => setOpen(event.target.open)}>
    <summary class="line">
      <strong>${drop.filename}</strong>
      <${Status} value=${drop.status} />
      <span class="quiet">${[drop.user_id, drop.purpose].filter(Boolean).join(" · ")}</span>
      <span class="quiet">${bytes(drop.bytes)}</span>
      <${Time} seconds=${drop.created_at} />
    </summary>
    ${open && html`<${Report} dropId=${drop.id} />`}
  </details>`;
};

export default () => {
  const pages = usePages((after) => get("drops", { after, limit: 30 }), []);
  const nothing = !pages.loading && !pages.error && pages.items.length === 0 && !pages.more;
  return html`<div class="title"><h1>Drops</h1><button onClick=${pages.reload}>Reload</button></div>
    <${Failure} error=${pages.error} />
    ${pages.items.map((drop) => html`<${Drop} key=${drop.id} drop=${drop} />`)}
    ${nothing &&
    html`<${Empty} title="No files were dropped yet">
      Put a file into the bucket at <code>drop/TENANT/USER/PURPOSE/NAME</code>; its report appears here.
    <//>`}
    <${More} pages=${pages} />`;
};
