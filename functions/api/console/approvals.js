// Approvals: calls that wait for a person, the oldest first.

import { html, useRef, useState } from "./vendor-preact.js";
import { get, post } from "./api.js";
import { ago } from "./format.js";
import { Code, Empty, Failure, More, Time, usePages, usePolling } from "./ui.js";

const Approval = ({ approval, onDecided }) => {
  const reason = useRef();
  const [state, set] = useState({});
  const decide = async (decision) => {
    set({ busy: true });
    const path = `threads/${approval.thread_id}/runs/${approval.run_id}/tool_calls`;
    try {
      const text = reason.current.value.trim();
      await post(`${path}/${approval.tool_call.id}/${decision}`, text ? { reason: text } : {});
      onDecided();
    } catch (error) {
      set({ error });
    }
  };
  const name = approval.tool_call.function.name;
  return html`<article class="card">
    <header>
      <h2>${name}</h2>
      <span class="quiet">asked ${ago(approval.created_at)}${approval.user_id && ` for ${approval.user_id}`}</span>
      <a href="#/threads/${approval.thread_id}/runs/${approval.run_id}">Show the run</a>
    </header>
    <${Code} text=${approval.tool_call.function.arguments} label="Arguments of ${name}" />
    <p class="quiet">The run ends at <${Time} seconds=${approval.expires_at} />.</p>
    ${approval.may_decide
      ? html`<form class="decision" onSubmit=${(event) => event.preventDefault()}>
          <label><span>Reason of a refusal, for the model</span><input ref=${reason} maxlength="1000" /></label>
          <button class="main" type="button" disabled=${state.busy} onClick=${() => decide("approve")}>Approve</button>
          <button type="button" disabled=${state.busy} onClick=${() => decide("refuse")}>Refuse</button>
        </form>`
      : html`<p>This key may not decide. Use a key that was created with <code>--may-approve</code>.</p>`}
    <${Failure} error=${state.error} />
  </article>`;
};

export default () => {
  const pages = usePages((after) => get("approvals", { after, limit: 50 }), []);
  usePolling(() => pages.items.length <= 50 && pages.reload(), 5, [pages.items.length]);
  const nothing = !pages.loading && !pages.error && pages.items.length === 0 && !pages.more;
  return html`<h1>Approvals</h1>
    <${Failure} error=${pages.error} />
    ${pages.items.map(
      (each) => html`<${Approval} key=${each.id} approval=${each} onDecided=${pages.reload} />`,
    )}
    ${nothing &&
    html`<${Empty} title="Nothing waits for you">
      Calls of tools that need an approval appear here as soon as a run makes one.
    <//>`}
    <${More} pages=${pages} />`;
};
