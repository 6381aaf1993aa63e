// Schemas of the OpenAPI document as text, tables and examples.

import { html } from "./vendor-preact.js";

export const nameOf = (ref) => ref.split("/").pop();

const branchesOf = (schema) => schema.anyOf || schema.oneOf || schema.allOf;

/** A type with links to the types that it names. */
export const Type = ({ schema }) => {
  if (!schema) return null;
  if (schema.$ref) return html`<a href="#${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return html`<code>${schema.enum.map((each) => JSON.stringify(each)).join(" | ")}</code>`;
  const branches = branchesOf(schema);
  if (branches) {
    return branches.map((each, place) => html`${place > 0 && " | "}<${Type} schema=${each} />`);
  }
  if (schema.type === "array") return html`list of <${Type} schema=${schema.items} />`;
  return html`<code>${schema.type || "any"}</code>`;
};

const LIMITS = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default"];

const limitsOf = (schema) =>
  LIMITS.filter((name) => schema[name] !== undefined && schema[name] !== null)
    .map((name) => `${name} ${JSON.stringify(schema[name])}`)
    .join(", ");

export const Rows = ({ rows }) =>
  html`<div class="scroll" tabindex="0" role="group" aria-label="Fields"><table class="fields"><tbody>
    ${rows.map(
      ([name, schema, text]) => html`<tr>
        <td><code>${name}</code></td><td><${Type} schema=${schema} /></td>
        <td class="quiet">${[text, limitsOf(schema || {})].filter(Boolean).join("; ")}</td>
      </tr>`,
    )}
  </tbody></table></div>`;

export const Fields = ({ schema, api }) => {
  const found = schema.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema;
  const needed = new Set(found.required || []);
  const rows = Object.entries(found.properties || {}).map(([name, field]) => [
    name + (needed.has(name) ? "*" : ""), field, field.description,
  ]);
  return html`${found.description && html`<p>${found.description}</p>`}
    ${rows.length > 0 && html`<${Rows} rows=${rows} />`}`;
};

const KNOWN = { id: "…", object: "…", created_at: 1798761600, metadata: {}, model: "gpt-4o" };

/** Returns an example value of a schema, three levels deep. */
export const exampleOf = (schema, api, depth = 0, name = "") => {
  if (!schema || depth > 3) return null;
  if (schema.$ref) return exampleOf(api.components.schemas[nameOf(schema.$ref)], api, depth, name);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (name in KNOWN) return KNOWN[name];
  const branches = branchesOf(schema);
  if (branches) return exampleOf(branches[0], api, depth, name);
  if (schema.type === "array") {
    const item = exampleOf(schema.items, api, depth + 1);
    return item === null ? [] : [item];
  }
  if (schema.type === "object") {
    const fields = Object.entries(schema.properties || {});
    return Object.fromEntries(fields.map(([key, field]) => [key, exampleOf(field, api, depth + 1, key)]));
  }
  if (schema.default !== undefined) return schema.default;
  return { string: name.endsWith("_id") ? "…" : "text", integer: 1, number: 0.5, boolean: true }[schema.type] ?? null;
};
