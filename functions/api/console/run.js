// A run: a timeline of what it did and what it waited for, updated while it is open.

import { html, useState } from "./vendor-preact.js";
import { get, post } from "./api.js";
import { count, duration } from "./format.js";
import { Code, Cost, Failure, Loading, Status, Time, useLoaded, usePolling } from "./ui.js";

const OPEN = ["queued", "in_progress", "requires_action", "cancelling"];
const NAMES = {
  queue: () => "Queued",
  model: (event) => `Model round ${event.round}`,
  tool: (event) => event.name,
  approval: (event) => `Approval of ${event.name}`,
  hosted_tool: (event) => event.name.replace("_", " "),
  message: () => "Message",
};
const WHO = { approver: "a person", client: "the client", tool: "a tool", model: "the model", worker: "a worker" };

const notes = (event) =>
  [
    event.type === "model" && event.name,
    event.runs_on && `runs on the ${event.runs_on}`,
    event.retries && `delayed ${event.retries} times by the provider's rate limit`,
    event.usage && `${count(event.usage.prompt_tokens)} + ${count(event.usage.completion_tokens)} tokens`,
  ].filter(Boolean);

const Details = ({ event, threadId }) =>
  html`<div class="details">
    ${event.arguments && html`<h3>Arguments</h3><${Code} text=${event.arguments} label="Arguments" />`}
    ${event.output && html`<h3>Output</h3><${Code} text=${event.output} label="Output" />`}
    ${event.message_id && html`<p><a href="#/threads/${threadId}">Show the thread</a></p>`}
    <p class="quiet">
      ${event.response_id || event.call_id || event.step_id || event.message_id}
    </p>
  </div>`;

const Bar = ({ event, start, length, now }) => {
  const from = (event.started_at - start) / length;
  const until = ((event.ended_at || now) - start) / length;
  const width = Math.max(0.8, 100 * (until - from));
  const place = { left: `${Math.min(100 * from, 100 - width)}%`, width: `${width}%` };
  return html`<span class="track"><span class="span ${event.status} ${event.type}" style=${place}></span></span>`;
};

const Row = ({ event, start, length, now, threadId }) => {
  const seconds = (event.ended_at || now) - event.started_at;
  const hasMore = event.arguments || event.output || event.response_id || event.message_id;
  const line = html`<span class="name">${NAMES[event.type](event)}
      <span class="quiet">${notes(event).join(" · ")}</span></span>
    <${Bar} event=${event} start=${start} length=${length} now=${now} />
    <span class="number">${duration(seconds)}</span>
    <${Status} value=${event.status} />
    <span class="number">${event.usage ? html`<${Cost} usd=${event.cost_usd} />` : ""}</span>`;
  if (!hasMore) return html`<div class="event">${line}</div>`;
  return html`<details class="event-group">
    <summary class="event">${line}</summary>
    <${Details} event=${event} threadId=${threadId} />
  </details>`;
};

const Banner = ({ run }) => {
  if (run.last_error || run.explanation) {
    return html`<div class="note ${run.status}">
      ${run.last_error && html`<p><strong>${run.last_error.code}</strong> ${run.last_error.message}</p>`}
      ${run.explanation && html`<p>${run.explanation}</p>`}
    </div>`;
  }
  return run.waiting_for.map(
    (each) => html`<div class="note waiting">
      <p>Waits for <strong>${WHO[each.who]}</strong>. ${each.explanation}
      ${each.who === "approver" && html` <a href="#/approvals">Decide</a>`}
      ${each.who === "client" && html` <a href="#/playground?thread=${run.thread_id}">Answer in the playground</a>`}</p>
    </div>`,
  );
};

const Facts = ({ run, now }) =>
  html`<dl class="facts">
    <div><dt>Status</dt><dd><${Status} value=${run.status} /></dd></div>
    <div><dt>Model</dt><dd>${run.model}${run.degraded && " (fallback)"}</dd></div>
    <div><dt>Created</dt><dd><${Time} seconds=${run.created_at} /></dd></div>
    <div><dt>Duration</dt><dd>${duration((run.ended_at || now) - run.created_at)}</dd></div>
    <div><dt>Tokens</dt><dd>${run.usage ? count(run.usage.total_tokens) : "–"}</dd></div>
    <div><dt>Cost</dt><dd><${Cost} usd=${run.cost_usd} /></dd></div>
    ${run.user_id && html`<div><dt>User</dt><dd>${run.user_id}</dd></div>`}
    <div><dt>Thread</dt><dd><a href="#/threads/${run.thread_id}"><code>${run.thread_id}</code></a></dd></div>
  </dl>`;

export default ({ threadId, runId }) => {
  const path = `threads/${threadId}/runs/${runId}`;
  const loaded = useLoaded(() => get(`${path}/timeline`), [path]);
  const [failure, setFailure] = useState();
  const run = loaded.value;
  const isOpen = run && OPEN.includes(run.status);
  usePolling(() => (run && !isOpen ? false : loaded.reload()), 1, [loaded.reload, isOpen]);
  if (!run) return html`<h1>Run</h1>${loaded.error ? html`<${Failure} error=${loaded.error} />` : html`<${Loading} />`}`;
  const cancel = () => post(`${path}/cancel`).then(loaded.reload, setFailure);
  const now = Math.max(Date.now() / 1000, run.created_at);
  const end = run.ended_at || now;
  const length = Math.max(0.001, end - run.created_at);
  return html`<div class="title">
      <h1>Run <code>${runId}</code></h1>
      ${isOpen && html`<button onClick=${cancel}>Cancel the run</button>`}
    </div>
    <${Failure} error=${failure || loaded.error} />
    <${Facts} run=${run} now=${now} />
    <${Banner} run=${run} />
    <section class="timeline" aria-label="Timeline" aria-live="off">
      ${run.events.map(
        (event, place) => html`<${Row} key=${event.type + (event.response_id || event.call_id || place)}
          event=${event} start=${run.created_at} length=${length} now=${now} threadId=${threadId} />`,
      )}
    </section>`;
};
