// The playground: a chat that streams, with tool calls as they happen.

import { html, useEffect, useReducer, useRef, useState } from "./vendor-preact.js";
import { get, post } from "./api.js";
import { AssistantChoice } from "./assistants.js";
import { poll, startRun, submitOutputs, uploaded } from "./chat.js";
import { Markdown } from "./markdown.js";
import { Message } from "./messages.js";
import { Code, Cost, Empty, Failure, Status } from "./ui.js";

const OPEN = ["queued", "in_progress", "requires_action", "cancelling"];
const START = { messages: [], draft: null, run: null, steps: [], pieces: {} };

/** Returns the state of the chat after something happened in it. */
const after = (state, [kind, value]) => {
  switch (kind) {
    case "message": {
      const others = state.messages.filter((each) => each.id !== value.id);
      return { ...state, messages: [...others, value], draft: null };
    }
    case "text": {
      const before = state.draft && state.draft.id === value.id ? state.draft.text : "";
      return { ...state, draft: { id: value.id, text: before + value.text } };
    }
    case "run":
      return { ...state, run: value };
    case "step": {
      const others = state.steps.filter((each) => each.id !== value.id);
      return { ...state, steps: [...others, value] };
    }
    case "piece": {
      const calls = (value.delta.step_details && value.delta.step_details.tool_calls) || [];
      const text = calls.map((call) => (call.function && call.function.arguments) || "").join("");
      return { ...state, pieces: { ...state.pieces, [value.id]: (state.pieces[value.id] || "") + text } };
    }
    case "begin":
      return { ...state, run: null, steps: [], pieces: {}, draft: null };
    default:
      return { ...START, messages: value };
  }
};

const callsOf = (step) => (step.step_details && step.step_details.tool_calls) || [];

const Steps = ({ state }) =>
  state.steps
    .filter((step) => step.type === "tool_calls")
    .map(
      (step) => html`<div class="calls" key=${step.id}>
        ${callsOf(step).length === 0 && html`<p class="quiet">Calls a tool … <code>${state.pieces[step.id]}</code></p>`}
        ${callsOf(step).map((call) => {
          const details = call.function || call.code_interpreter || {};
          const output = details.output || (details.outputs || []).map((each) => each.logs).join("\n");
          return html`<details class="card">
            <summary class="line"><strong>${(call.function && call.function.name) || call.type}</strong>
              <${Status} value=${output ? "completed" : step.status} /></summary>
            <div class="details">
              <${Code} text=${details.arguments || details.input} label="Arguments" />
              ${output && html`<${Code} text=${output} label="Output" />`}
            </div>
          </details>`;
        })}
      </div>`,
    );

const Answers = ({ run, onSubmit }) => {
  const calls = run.required_action ? run.required_action.submit_tool_outputs.tool_calls : [];
  if (calls.length === 0) {
    return run.pending_approvals ? html`<p class="note waiting">A call waits for approval. <a href="#/approvals">Decide</a></p>` : null;
  }
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    onSubmit(calls.map(({ id }) => ({ tool_call_id: id, output: form.get(id) })));
  };
  return html`<form class="card create" onSubmit=${submit}>
    <h2>The run waits for these outputs</h2>
    ${calls.map(
      (call) => html`<label><span>${call.function.name}</span>
        <${Code} text=${call.function.arguments} label="Arguments of ${call.function.name}" />
        <textarea name=${call.id} rows="2" placeholder="Output"></textarea></label>`,
    )}
    <button class="main">Submit the outputs</button>
  </form>`;
};

const Composer = ({ disabled, onSend }) => {
  const [files, setFiles] = useState([]);
  const text = useRef();
  const picker = useRef();
  const submit = async (event) => {
    event.preventDefault();
    const content = text.current.value.trim();
    if (!content || disabled) return;
    if (await onSend(content, files)) {
      text.current.value = "";
      picker.current.value = "";
      setFiles([]);
    }
  };
  const keyed = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  };
  return html`<form class="composer" onSubmit=${submit}>
    <label class="hidden" for="text">Message</label>
    <textarea id="text" ref=${text} rows="2" placeholder="Write a message" onKeyDown=${keyed}></textarea>
    <label class="button">Attach
      <input ref=${picker} class="hidden" type="file" multiple onChange=${(event) => setFiles([...event.target.files])} />
    </label>
    <button class="main" disabled=${disabled}>Send</button>
    ${files.length > 0 && html`<p class="quiet">${files.map((file) => file.name).join(", ")}</p>`}
  </form>`;
};

const RunLine = ({ run, onCancel }) =>
  html`<p class="line run-line" role="status"><${Status} value=${run.status} />
    <a href="#/threads/${run.thread_id}/runs/${run.id}">Timeline</a>
    ${run.usage && html`<span class="quiet">${run.usage.total_tokens} tokens</span> <${Cost} usd=${run.cost_usd} />`}
    ${run.last_error && html`<span>${run.last_error.message}</span>`}
    ${OPEN.includes(run.status) && html`<button class="small" onClick=${onCancel}>Cancel</button>`}
  </p>`;

/** Shows the thread that the address names, with its open run if it has one. */
const useThread = (threadId, tell, on) =>
  useEffect(() => {
    if (!threadId) return;
    const load = async () => {
      const page = await get(`threads/${threadId}/messages`, { limit: 50, order: "desc" });
      tell(["show", page.data.reverse()]);
      const [newest] = (await get(`threads/${threadId}/runs`, { limit: 1 })).data;
      if (newest && OPEN.includes(newest.status)) await poll(newest, on);
    };
    load().catch(on.failed);
  }, []);

export default ({ given }) => {
  const [chosen, setChosen] = useState({ assistant: undefined, model: "" });
  const [threadId, setThreadId] = useState(given.thread);
  const [state, tell] = useReducer(after, START);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState();
  const on = {
    run: (run) => tell(["run", run]),
    step: (step) => tell(["step", step]),
    stepDelta: (delta) => tell(["piece", delta]),
    message: (message) => tell(["message", message]),
    text: (id, text) => tell(["text", { id, text }]),
    failed: setError,
  };
  useThread(given.thread, tell, on);
  const work = async (act) => {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const sendMessage = (text, files) =>
    work(async () => {
      const made = await uploaded(files);
      const id = threadId || (await post("threads")).id;
      setThreadId(id);
      const content = made.parts.length > 0 ? [{ type: "text", text }, ...made.parts] : text;
      const message = { role: "user", content, attachments: made.attachments };
      tell(["message", await post(`threads/${id}/messages`, message)]);
      tell(["begin"]);
      const body = { assistant_id: chosen.assistant.id, ...(chosen.model && { model: chosen.model }) };
      // The composer is free as soon as the message is stored; the run goes on.
      follow(() => startRun(id, body, on));
    });
  const follow = (act) => {
    setBusy(true);
    act().catch(setError).finally(() => setBusy(false));
  };
  const { run } = state;
  const cancel = () => work(() => post(`threads/${run.thread_id}/runs/${run.id}/cancel`).then(on.run));
  return html`<div class="title"><h1>Playground</h1>
      ${threadId && html`<a href="#/threads/${threadId}"><code>${threadId}</code></a>`}
    </div>
    <${AssistantChoice} chosen=${chosen} onChange=${setChosen} />
    <div class="chat" aria-live="polite">
      ${state.messages.length === 0 && html`<${Empty} title="Start a conversation">Choose an assistant, then write a message.<//>`}
      ${state.messages.map((message) => html`<${Message} key=${message.id} message=${message} threadId=${threadId} />`)}
      <${Steps} state=${state} />
      ${state.draft && html`<article class="message assistant draft"><${Markdown} text=${state.draft.text} /></article>`}
      ${run && html`<${RunLine} run=${run} onCancel=${cancel} />`}
      ${run && run.status === "requires_action" && html`<${Answers} run=${run} onSubmit=${(outputs) => follow(() => submitOutputs(run, outputs, on))} />`}
    </div>
    <${Failure} error=${error} />
    <${Composer} disabled=${busy || !chosen.assistant || Boolean(run && OPEN.includes(run.status))} onSend=${sendMessage} />`;
};
