// Choosing or creating the assistant of the playground.

import { html, useState } from "./vendor-preact.js";
import { get, post } from "./api.js";
import { Failure, useLoaded } from "./ui.js";

const HOSTED = [["code_interpreter", "Code interpreter"], ["file_search", "File search"]];

const Create = ({ models, tools, onCreated }) => {
  const [error, setError] = useState();
  const create = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const functions = tools.filter((tool) => form.has(tool.function.name));
    const hosted = HOSTED.filter(([name]) => form.has(name)).map(([type]) => ({ type }));
    try {
      const body = {
        name: form.get("name") || null,
        model: form.get("model"),
        instructions: form.get("instructions"),
        tools: [...hosted, ...functions],
      };
      onCreated(await post("assistants", body));
    } catch (failure) {
      setError(failure);
    }
  };
  const options = [...HOSTED, ...tools.map((tool) => [tool.function.name, tool.function.name])];
  return html`<form class="card create" onSubmit=${create}>
    <h2>New assistant</h2>
    <label><span>Name</span><input name="name" maxlength="256" /></label>
    <label><span>Model</span><input name="model" list="models" required defaultValue=${models[0] || ""} /></label>
    <label><span>Instructions</span><textarea name="instructions" rows="3"></textarea></label>
    <fieldset><legend>Tools</legend>
      ${options.map(([name, title]) => html`<label class="check"><input type="checkbox" name=${name} /> ${title}</label>`)}
    </fieldset>
    <${Failure} error=${error} />
    <button class="main">Create</button>
  </form>`;
};

const load = async () => {
  const [assistants, models, tools] = await Promise.all([
    get("assistants", { limit: 100 }),
    get("models"),
    get("tools"),
  ]);
  return {
    assistants: assistants.data,
    models: models.data.map((model) => model.id),
    tools: tools.data,
  };
};

/** The fields above the chat. `onChange` gets { assistant, model }; model is empty for its own. */
export const AssistantChoice = ({ chosen, onChange }) => {
  const { value, error, reload } = useLoaded(load, []);
  const [creating, setCreating] = useState(false);
  if (error) return html`<${Failure} error=${error} />`;
  if (!value) return null;
  const isNew = creating || value.assistants.length === 0;
  const choose = (id) =>
    onChange({ ...chosen, assistant: value.assistants.find((each) => each.id === id) });
  const created = (assistant) => {
    setCreating(false);
    onChange({ assistant, model: "" });
    reload();
  };
  return html`<datalist id="models">${value.models.map((name) => html`<option value=${name} />`)}</datalist>
    <div class="filters">
      ${value.assistants.length > 0 &&
      html`<label><span>Assistant</span>
        <select value=${chosen.assistant ? chosen.assistant.id : ""} onChange=${(event) => choose(event.target.value)}>
          <option value="" disabled>Choose one</option>
          ${value.assistants.map((each) => html`<option value=${each.id}>${each.name || each.id}</option>`)}
        </select>
      </label>
      <label><span>Model</span>
        <input list="models" value=${chosen.model} placeholder=${chosen.assistant ? chosen.assistant.model : ""}
          onInput=${(event) => onChange({ ...chosen, model: event.target.value.trim() })} />
      </label>
      <button onClick=${() => setCreating(!creating)}>${creating ? "Close" : "New assistant"}</button>`}
    </div>
    ${isNew && html`<${Create} models=${value.models} tools=${value.tools} onCreated=${created} />`}`;
};
