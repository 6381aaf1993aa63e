// The API reference, made from openapi.json.

import { html, render, useEffect, useMemo, useState } from "./vendor-preact.js";
import { exampleOf, Fields, nameOf, Rows, Type } from "./schema.js";
import { curlOf, TryIt } from "./try.js";
import { Code, Failure, Loading } from "./ui.js";

const JSON_TYPE = "application/json";

/** Returns all operations with the words that the search looks through. */
const operationsOf = (api) =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const words = JSON.stringify([method, path, operation, bodyOf(operation, api)]).toLowerCase();
      return { path, method: method.toUpperCase(), operation, words };
    }),
  );

const bodyOf = (operation, api) => {
  const content = ((operation.requestBody || {}).content || {})[JSON_TYPE];
  return content && content.schema.$ref ? api.components.schemas[nameOf(content.schema.$ref)] : {};
};

const Responses = ({ operation, api }) =>
  Object.entries(operation.responses).map(([status, response]) =>
    Object.entries(response.content || {}).map(
      ([type, body]) => html`<h3>Response ${status} <${Type} schema=${body.schema} /></h3>
        ${type === JSON_TYPE
          ? html`<${Code} text=${JSON.stringify(exampleOf(body.schema, api))} label="Example of the response" />`
          : html`<p><code>${type}</code></p>`}`,
    ),
  );

const Errors = ({ operation, api }) => {
  const statuses = Object.entries(operation.responses).filter(([, response]) => response.$ref);
  const rows = statuses.map(([status]) => [status, undefined, api.components.responses[status].description]);
  return rows.length > 0 && html`<h3>Errors</h3><${Rows} rows=${rows} />`;
};

const Inside = ({ entry, api }) => {
  const { operation, method, path } = entry;
  const content = (operation.requestBody || {}).content || {};
  const body = content[JSON_TYPE];
  const example = body ? JSON.stringify(body.example ?? exampleOf(body.schema, api), null, 2) : "";
  return html`<div class="inside">
    ${operation.parameters &&
    html`<h3>Parameters</h3><${Rows} rows=${operation.parameters.map((each) => [
      each.name + (each.required ? "*" : ""), each.schema, [each.in, each.description].filter(Boolean).join("; "),
    ])} />`}
    ${Object.entries(content).map(
      ([type, { schema }]) => html`<h3>Body <${Type} schema=${schema} /> <span class="quiet">${type}</span></h3>
        <${Fields} schema=${schema} api=${api} />`,
    )}
    <h3>Example</h3>
    <${Code} text=${curlOf(method, path, example)} label="Example of the request" />
    <${Responses} operation=${operation} api=${api} />
    <${Errors} operation=${operation} api=${api} />
    <${TryIt} operation=${operation} method=${method} path=${path} example=${example} />
  </div>`;
};

const Operation = ({ entry, api, isNamed }) => {
  const [open, setOpen] = useState(isNamed);
  useEffect(() => isNamed && setOpen(true), [isNamed]);
  const { operation, method, path } = entry;
  return html`<details class="operation" id=${operation.operationId} open=${open}
      onToggle=${(event) => setOpen(event.target.open)}>
    <summary><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code>
      <span class="quiet">${operation.summary}</span></summary>
    ${open && html`<${Inside} entry=${entry} api=${api} />`}
  </details>`;
};

const Types = ({ api, wanted }) => {
  const types = Object.entries(api.components.schemas).filter(
    ([name, schema]) => !wanted || JSON.stringify([name, schema]).toLowerCase().includes(wanted),
  );
  return types.length > 0 && html`<section><h2 id="types">Types</h2>
    ${types.map(
      ([name, schema]) => html`<section class="card type" id=${name}><h3>${name}</h3>
        <${Fields} schema=${schema} api=${api} /></section>`,
    )}</section>`;
};

const Contents = ({ tags, found }) =>
  html`<nav class="contents" aria-label="Operations">
    ${tags.map(
      (tag) => html`<h2>${tag}</h2><ul>
        ${found.filter(({ operation }) => operation.tags.includes(tag)).map(
          ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.operationId}</a></li>`,
        )}
      </ul>`,
    )}
  </nav>`;

const Reference = ({ api, hash }) => {
  const [wanted, setWanted] = useState("");
  const all = useMemo(() => operationsOf(api), [api]);
  const found = all.filter((entry) => wanted.split(/\s+/).every((word) => entry.words.includes(word)));
  const tags = api.tags
    .map(({ name }) => name)
    .filter((name) => found.some(({ operation }) => operation.tags.includes(name)));
  return html`<div class="reference">
    <${Contents} tags=${tags} found=${found} />
    <div>
      <p class="about">${api.info.description.replaceAll("`", "")}</p>
      <p><a href="openapi.json">openapi.json</a></p>
      <label><span>Search paths, fields and descriptions</span>
        <input type="search" onInput=${(event) => setWanted(event.target.value.trim().toLowerCase())} /></label>
      <p class="quiet" role="status">${found.length} operations</p>
      ${tags.map(
        (tag) => html`<section><h2>${tag}</h2>
          ${found.filter(({ operation }) => operation.tags.includes(tag)).map(
            (entry) => html`<${Operation} key=${entry.operation.operationId} entry=${entry} api=${api}
              isNamed=${entry.operation.operationId === hash} />`,
          )}
        </section>`,
      )}
      <${Types} api=${api} wanted=${wanted} />
    </div>
  </div>`;
};

const App = () => {
  const [state, set] = useState({});
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const failed = () => set({ error: new Error("The document could not be loaded. Reload the window.") });
    fetch("openapi.json").then((response) => response.json()).then((api) => set({ api }), failed);
    window.addEventListener("hashchange", () => setHash(location.hash.slice(1)));
  }, []);
  // The place that the address names exists only now.
  useEffect(() => {
    const named = hash && document.getElementById(hash);
    if (named) named.scrollIntoView();
  }, [hash, state.api]);
  return html`<header class="bar">
      <a class="brand" href="docs">Understudy API</a><nav aria-label="Pages"></nav>
      <a class="side" href="console">Console</a>
    </header>
    <main><h1 class="hidden">Understudy API</h1>
      <${Failure} error=${state.error} />
      ${state.api ? html`<${Reference} api=${state.api} hash=${hash} />` : !state.error && html`<${Loading} />`}
    </main>`;
};

render(html`<${App} />`, document.getElementById("app"));
