// Usage: cost and tokens by day, what is most expensive, and what is left of the budgets.

import { html, useState } from "./vendor-preact.js";
import { get } from "./api.js";
import { axisMoney, count, day, money, short } from "./format.js";
import { Bars } from "./plot.js";
import { Empty, Failure, Loading, useLoaded } from "./ui.js";

const GROUPS = [
  ["user", "User"], ["assistant", "Assistant"], ["model", "Model"],
  ["thread", "Thread"], ["run", "Run"], ["api_key", "API key"],
];
const RANGES = [["1", "Today"], ["7", "7 days"], ["30", "30 days"], ["90", "90 days"]];

const rangeOf = (days) => {
  const end = new Date();
  const start = new Date(end.getTime() - (days - 1) * 86_400_000);
  return { start: day(start), end: day(end) };
};

/** Returns a point for each day, also for days without runs, which the report leaves out. */
const daily = (report, member) => {
  const found = new Map(report.data.map((row) => [row.day, row[member]]));
  const points = [];
  for (let at = new Date(report.start); day(at) <= report.end; at = new Date(at.getTime() + 86_400_000)) {
    points.push({ label: day(at).slice(5), value: found.get(day(at)) || 0 });
  }
  return points;
};

const Named = ({ row, group }) => {
  const value = row[group];
  if (group === "thread") return html`<a href="#/threads/${value}"><code>${value}</code></a>`;
  if (group === "run") return html`<a href="#/threads/${row.thread}/runs/${value}"><code>${value}</code></a>`;
  return value ? html`<span>${value}</span>` : html`<span class="quiet">none</span>`;
};

const Table = ({ report, group }) => {
  const title = GROUPS.find(([name]) => name === group)[1];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Usage by ${title}"><table>
    <thead><tr><th>${title}</th><th class="number">Cost</th><th class="share"><span class="hidden">Share</span></th>
      <th class="number">Runs</th><th class="number">Prompt</th><th class="number">Completion</th></tr></thead>
    <tbody>${report.data.map(
      (row) => html`<tr>
        <td><${Named} row=${row} group=${group} /></td>
        <td class="number">${money(row.cost_usd)}${row.runs_of_unknown_cost > 0 && html`<span title="Some runs have no known price">*</span>`}</td>
        <td class="share"><span class="track"><span class="span" style=${{ width: `${(100 * row.cost_usd) / (report.data[0].cost_usd || 1)}%` }}></span></span></td>
        <td class="number">${count(row.runs)}</td>
        <td class="number">${short(row.prompt_tokens)}</td>
        <td class="number">${short(row.completion_tokens)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
};

const Budgets = () => {
  const { value, error } = useLoaded(() => get("budgets"), []);
  if (error) return html`<${Failure} error=${error} />`;
  if (!value || value.data.length === 0) return html`<p class="quiet">${value && "This key has no budgets."}</p>`;
  return value.data.map(
    (budget) => html`<div class="budget">
      <span>${budget.scope} ${budget.period}</span>
      <meter aria-label="Used of the budget for ${budget.period}" min="0" max=${budget.limit_usd} value=${budget.used_usd}></meter>
      <span>${money(budget.left_usd)} of ${money(budget.limit_usd)} left</span>
    </div>`,
  );
};

const Choice = ({ label, value, options, onChange }) =>
  html`<label><span>${label}</span>
    <select aria-label=${label} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([name, title]) => html`<option value=${name}>${title}</option>`)}
    </select>
  </label>`;

const Groups = ({ range }) => {
  const [group, setGroup] = useState("user");
  const asked = { ...range, group_by: group, sort: "cost", limit: 20 };
  const { value, error } = useLoaded(() => get("usage", asked).then((report) => ({ report, group })), [group, range.start]);
  return html`<section aria-labelledby="expensive">
    <div class="title"><h2 id="expensive">Most expensive</h2>
      <${Choice} label="By" value=${group} options=${GROUPS} onChange=${setGroup} /></div>
    <${Failure} error=${error} />
    ${value ? html`<${Table} ...${value} />` : !error && html`<${Loading} />`}
  </section>`;
};

export default () => {
  const [days, setDays] = useState("30");
  const range = rangeOf(Number(days));
  const { value, error } = useLoaded(() => get("usage", { ...range, group_by: "day" }), [days]);
  return html`<div class="title"><h1>Usage</h1>
      <${Choice} label="Range" value=${days} options=${RANGES} onChange=${setDays} /></div>
    <${Failure} error=${error} />
    ${!value && !error && html`<${Loading} />`}
    ${value && value.total.runs === 0 &&
    html`<${Empty} title="No runs in these days">Start one in the <a href="#/playground">playground</a>; ended runs are counted within seconds.<//>`}
    ${value && value.total.runs > 0 &&
    html`<dl class="facts">
        <div><dt>Cost</dt><dd class="large">${money(value.total.cost_usd)}</dd></div>
        <div><dt>Runs</dt><dd class="large">${count(value.total.runs)}</dd></div>
        <div><dt>Tokens</dt><dd class="large">${short(value.total.total_tokens)}</dd></div>
      </dl>
      <div class="split even">
        <${Bars} title="Cost by day, USD" points=${daily(value, "cost_usd")} format=${axisMoney} />
        <${Bars} title="Tokens by day" points=${daily(value, "total_tokens")} format=${short} />
      </div>
      <${Groups} key=${days} range=${range} />`}
    <section aria-labelledby="budgets"><h2 id="budgets">Budgets</h2><${Budgets} /></section>`;
};
