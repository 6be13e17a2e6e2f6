/** Row of the score table: name, and the cells of the metrics in sight. A cell without a score has its state as text. */

import { labelOf, short } from "../core/format.js";
import { html } from "../core/html.js";
import { bounded, cellLabel, spreadText, valueText } from "../ui/score-text.js";

/**
 * @typedef {import("../types").ScoreRow} ScoreRow
 * @typedef {import("../types").ScoreCell} ScoreCell
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {import("./table.js").TableModel} TableModel
 */

/**
 * @param {number} at number of the row
 * @param {ScoreRow | null} row null while it is not loaded
 * @param {TableModel} model
 * @param {{focus: {row: number, column: number}, seen: {first: number, last: number}}} window `seen`: metrics in sight
 */
export function tableRow(at, row, model, { focus, seen }) {
  const shown = model.columns();
  if (!row)
    return html`<tr aria-rowindex=${at + 3}>
      <th scope="row"><span class="soft">row ${at + 1} …</span></th>
      ${unseen(shown.length)}
    </tr>`;
  const tabIndex = (/** @type {number} */ column) => (focus.row === at && focus.column === column ? 0 : -1);
  const cells = shown.slice(seen.first, seen.last).map((metric, k) => {
    const column = seen.first + k + 1;
    const cell = row.cells[metric.name];
    return html`<td
      tabindex=${tabIndex(column)}
      title=${cellLabel(cell, metric)}
      data-row=${at}
      data-column=${column}
      aria-colindex=${column + 1}
    >
      ${cellContent(cell, metric, model.isBest(metric.name, row))}
    </td>`;
  });
  return html`<tr aria-rowindex=${at + 3}>
    <th scope="row">
      <a href="/explore/${encodeURIComponent(row.id)}" title=${row.name} tabindex=${tabIndex(0)}>${row.name}</a>
      <small>${recipe(row)}</small>
    </th>
    ${unseen(seen.first)}${cells}${unseen(shown.length - seen.last)}
  </tr>`;
}

/** One empty cell for the columns out of sight. @param {number} span */
const unseen = (span) => (span > 0 ? html`<td class="aside" colspan=${span} aria-hidden="true"></td>` : "");

/** @param {ScoreRow} row */
function recipe(row) {
  const settings = Object.entries(row.settings ?? {})
    .filter(([, value]) => typeof value === "number")
    .slice(0, 2)
    .map(([key, value]) => `${labelOf(key)} ${short(value)}`);
  const seeds =
    row.models === undefined
      ? `seed ${row.training?.seed ?? "–"}`
      : `${row.models} ${row.models === 1 ? "seed" : "seeds"}`;
  return [row.dataset ?? "no data set", [row.objective ?? "imported", ...settings].join(" "), seeds].join(" · ");
}

/**
 * Value, interval and bar of a cell, or its state.
 * @param {ScoreCell | undefined} cell
 * @param {MetricColumn} metric
 * @param {boolean} isBest set in bold
 */
function cellContent(cell, metric, isBest) {
  if (!cell) return html`<span class="state">not computed</span>`;
  const isPending = cell.state !== "ready" && cell.state !== "stale";
  if (cell.score === null)
    return isPending ? stateChip(cell) : html`<span class="state" title=${cell.reason ?? ""}>n.a.</span>`;
  const text = valueText(cell.score, metric);
  return html`<span class="value"
      >${isBest ? html`<b>${text}</b>` : text}<small>${spreadText(cell, metric)}</small>${cell.state === "ready" ? "" : stateChip(cell)}</span
    >${bounded(metric) ? bar(cell, metric) : ""}`;
}

/** @type {Record<string, string>} */
const CHIP_CLASSES = { stale: "warn", queued: "", running: "accent", failed: "bad" };

/** @param {ScoreCell} cell */
const stateChip = ({ state, reason }) =>
  html`<span class="chip ${CHIP_CLASSES[state] ?? ""}" title=${reason ?? ""}>${state}</span>`;

/**
 * @param {ScoreCell} cell
 * @param {MetricColumn} metric
 */
function bar(cell, metric) {
  const worst = metric.worst ?? 0;
  const best = metric.best ?? 1;
  const percent = (/** @type {number} */ value) => 100 * Math.max(0, Math.min(1, (value - worst) / (best - worst)));
  const ends = cell.interval ? cell.interval.map(percent).sort((a, b) => a - b) : null;

  return html`<span class="meter" aria-hidden="true"
    ><i style="width:${percent(cell.score ?? worst)}%"></i
    >${ends ? html`<u style="left:${ends[0]}%;width:${Math.max(0.5, ends[1] - ends[0])}%"></u>` : ""}${
      typeof cell.chance === "number" ? html`<s style="left:${percent(cell.chance)}%" title="chance level"></s>` : ""
    }</span
  >`;
}
