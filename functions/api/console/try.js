// "Try it": sends the request of an operation with the key of this tab.

import { html, useState } from "./vendor-preact.js";
import { send, session } from "./api.js";
import { Code, Failure } from "./ui.js";

const JSON_TYPE = "application/json";

/** Returns the shell command that sends the same request. */
export const curlOf = (method, path, body) => {
  const address = new URL(path.slice(1), new URL(".", document.baseURI)).href;
  const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${decodeURI(address)}`];
  lines.push('-H "Authorization: Bearer $UNDERSTUDY_API_KEY"');
  if (body) lines.push('-H "Content-Type: application/json"', `-d '${body.replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
};

const answerOf = async (response) => {
  const type = response.headers.get("content-type") || "";
  const text = /json|text/.test(type) ? await response.text() : `${(await response.blob()).size} bytes of ${type}`;
  return { status: response.status, text, requestId: response.headers.get("x-request-id") };
};

export const TryIt = ({ operation, method, path, example }) => {
  const [state, set] = useState({});
  const parameters = operation.parameters || [];
  const content = (operation.requestBody || {}).content || {};
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    if (form.get("key")) session.open(form.get("key").trim());
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.get(name)));
    const query = {};
    for (const each of parameters.filter((parameter) => parameter.in === "query")) {
      const value = form.get(each.name);
      const [key, ...rest] = (value || "").split("=");
      if (each.style === "deepObject") query[`${each.name}[${key}]`] = rest.join("=");
      else query[each.name] = value;
    }
    set({ busy: true });
    try {
      const body = JSON_TYPE in content ? JSON.parse(form.get("body") || "{}") : undefined;
      set(await answerOf(await send(method, filled.slice(1), { query, body, form: fileOf(form, content) })));
    } catch (error) {
      set({ error });
    }
  };
  return html`<form class="try" onSubmit=${submit}>
    <h3>Try it</h3>
    <div class="filters">
      ${!session.key && html`<label><span>API key</span><input name="key" type="password" autocomplete="off" /></label>`}
      ${parameters.map(
        (each) => html`<label><span>${each.name}${each.required && "*"}</span>
          <input name=${each.name} required=${each.required} placeholder=${each.style === "deepObject" ? "key=value" : ""} /></label>`,
      )}
    </div>
    ${JSON_TYPE in content && html`<label><span>Body</span><textarea name="body" rows="6" defaultValue=${example}></textarea></label>`}
    ${"multipart/form-data" in content && html`<label><span>File</span><input name="file" type="file" required /></label>`}
    <p><button class="main" disabled=${state.busy}>Send ${method}</button></p>
    <${Failure} error=${state.error} />
    ${state.status && html`<p>Status <strong>${state.status}</strong>, request id <code>${state.requestId}</code></p>
      <${Code} text=${state.text} label="Response" />`}
  </form>`;
};

/** Returns the form of an upload; a part of a file is named `data`. */
const fileOf = (form, content) => {
  const wanted = content["multipart/form-data"];
  if (!wanted) return undefined;
  const sent = new FormData();
  const isPart = "data" in wanted.schema.properties;
  if (!isPart) sent.append("purpose", "assistants");
  sent.append(isPart ? "data" : "file", form.get("file"));
  return sent;
};
