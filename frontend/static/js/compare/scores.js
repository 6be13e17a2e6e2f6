/** Scores of the compared models, alone or averaged over the seeds of their configurations. */

import { getJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { html, render } from "../core/html.js";
import { deviation, mean } from "../math/summary.js";
import { clearWinners } from "../math/winners.js";
import { bounded, cellLabel, spreadText, valueText } from "../ui/score-text.js";
import { colour, wideRow } from "./layout.js";

/**
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {import("../types").ScoreCell} ScoreCell
 * @typedef {import("../types").ScoreMatrix} ScoreMatrix
 * @typedef {object} Evidence
 * @property {MetricColumn[]} metrics
 * @property {Record<string, ScoreCell>[]} cells of each compared model
 * @property {string[][]} seeds ids of the models behind each column
 * @property {ScoreMatrix} matrix all models of the same data sets
 */

const SYMBOLS = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0",
  "M-4 -4h8v8h-8z",
  "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
  "M0 -5l5 9h-10z",
  "M-5 -1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z",
  "M0 5l5 -9h-10z",
];

/**
 * Read the scores of the compared models.
 * @param {string[]} ids
 * @param {(string | null)[]} datasets of each model
 * @param {boolean} fold join a model with the other seeds of its configuration, unless these stand beside it
 * @param {AbortSignal} [signal]
 * @returns {Promise<Evidence>}
 */
export async function readEvidence(ids, datasets, fold, signal) {
  const only = new Set(datasets).size === 1 ? datasets[0] : null;
  const [table, matrix] = await Promise.all([
    getJson("/api/v1/scores", { query: { model: ids.join(","), limit: ids.length }, signal }),
    getJson("/api/v1/scores/matrix", { query: { dataset: only }, signal }),
  ]);
  const configuration = (/** @type {string} */ id) => matrix.configurations[matrix.ids.indexOf(id)];
  const alone = (/** @type {string} */ id) =>
    ids.every((other) => other === id || configuration(other) !== configuration(id));
  const seeds = ids.map((id) => (fold && alone(id) ? siblings(matrix, id) : [id]));
  const rows = new Map(table.rows.map((/** @type {any} */ row) => [row.id, row.cells]));
  const cells = ids.map((id, at) => (seeds[at].length > 1 ? folded(matrix, seeds[at]) : (rows.get(id) ?? {})));
  return { metrics: table.metrics, cells, seeds, matrix };
}

/**
 * Return the models of the same configuration, the model itself first.
 * @param {ScoreMatrix} matrix
 * @param {string} id
 */
function siblings(matrix, id) {
  const configuration = matrix.configurations[matrix.ids.indexOf(id)];
  const others = matrix.ids.filter(
    (other, at) => other !== id && configuration && matrix.configurations[at] === configuration,
  );
  return [id, ...others];
}

/**
 * Return the mean over seeds, with one standard deviation to both sides as interval.
 * @param {ScoreMatrix} matrix
 * @param {string[]} ids
 */
function folded(matrix, ids) {
  const places = ids.map((id) => matrix.ids.indexOf(id));
  /** @type {Record<string, ScoreCell>} */
  const cells = {};
  for (const [metric, column] of Object.entries(matrix.columns)) {
    const values = /** @type {number[]} */ (places.map((at) => column[at]).filter((value) => value !== null));
    if (!values.length) continue;
    const score = mean(values);
    const std = values.length > 1 ? deviation(values) : undefined;
    cells[metric] = { score, state: "ready", models: values.length, std };
    if (std !== undefined) cells[metric].interval = [score - std, score + std];
  }
  return cells;
}

/**
 * Draw scores as dots with intervals on one scale, values beside them.
 * @param {import("./comparison.js").Comparison} comparison
 * @param {Evidence} evidence
 * @param {Node[]} tools
 */
export function scoreRows(comparison, evidence, tools) {
  const names = comparison.columns.map(({ model }) => model.name);
  const known = evidence.metrics.filter(({ name }) => evidence.cells.some((cells) => cells[name]));
  const folded = evidence.seeds.some((ids) => ids.length > 1);
  const datasets = comparison.columns.map(({ model }) => model.dataset);
  const several = new Set(datasets).size > 1 ? " Scores of different data sets do not compare." : "";
  const description = `${
    folded ? "Mean and standard deviation over seeds, or 95 % interval of a single run" : "95 % intervals"
  }; bold only where they do not overlap.${several}`;
  const place = el("div");
  const none = html`<p class="soft">
    None of these models has been evaluated: <code>axiscope evaluate ${comparison.ids[0]}</code>
  </p>`;
  const table = html`
    <div class="score-row heads">
      <span class="metric"></span><span class="track"></span>
      ${names.map((name, at) => html`<span class="number">${mark(at, name)}</span>`)}
    </div>
    ${known.map((metric) => {
      const cells = evidence.cells.map((ofModel) => ofModel[metric.name]);
      return scoreRow(metric, cells, { names, datasets });
    })}
  `;
  render(known.length ? table : none, place);
  return wideRow("Scores", description, place, tools);
}

/**
 * @param {number} at
 * @param {string} name
 */
const mark = (at, name) =>
  html`<svg width="14" height="14" viewBox="-7 -7 14 14" role="img" aria-label=${name}>
    <path d=${SYMBOLS[at % 6]} fill=${colour(at)}></path>
    <title>${name}</title>
  </svg>`;

/**
 * @param {MetricColumn} metric
 * @param {(ScoreCell | undefined)[]} cells
 * @param {{names: string[], datasets: (string | null)[]}} models
 */
function scoreRow(metric, cells, { names, datasets }) {
  const best = clearWinners(cells, datasets, metric.higher_is_better);
  const share = scale(metric, cells);
  /** @param {ScoreCell | undefined} cell @param {number} at */
  function dot(cell, at) {
    if (!cell || cell.score === null) return "";
    const [low, high] = (cell.interval ?? [cell.score, cell.score]).map(share);
    return html`<svg
        style="left:${low}%;width:${Math.max(0, high - low)}%"
        preserveAspectRatio="none"
        viewBox="0 0 10 10"
      >
        <rect x="0" y="4.4" width="10" height="1.2" fill=${colour(at)}></rect>
      </svg>
      <svg style="left:${share(cell.score)}%;width:1px">
        <path transform="translate(0 11)" d=${SYMBOLS[at % 6]} fill=${colour(at)} stroke="var(--surface)"></path>
      </svg>`;
  }
  /** @param {ScoreCell | undefined} cell @param {number} at */
  function number(cell, at) {
    if (!cell || cell.score === null)
      return html`<span class="number none" title=${cell?.reason ?? "not computed"}
        >${cell?.reason ? "n.a." : "not computed"}</span
      >`;
    const text = valueText(cell.score, metric);
    return html`<span class="number" title="${names[at]}: ${cellLabel(cell, metric)}"
      >${best.has(at) ? html`<b>${text}</b>` : text}<small>${spreadText(cell, metric)}</small></span
    >`;
  }
  return html`<div class="score-row">
    <span class="metric" title=${metric.definition}
      >${metric.title}<small class="soft"
        >${metric.unit} ${metric.higher_is_better ? "" : "lower is better"}</small
      ></span
    >
    <span class="track" aria-hidden="true">${cells.map(dot)}</span>
    ${cells.map(number)}
  </div>`;
}

/**
 * @param {MetricColumn} metric
 * @param {(ScoreCell | undefined)[]} cells
 * @returns {(value: number) => number} place on the track, per cent
 */
function scale(metric, cells) {
  const ends = cells.flatMap((cell) => (cell && cell.score !== null ? [cell.score, ...(cell.interval ?? [])] : []));
  let [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (bounded(metric))
    [low, high] = [
      Math.min(low, metric.worst ?? 0, metric.best ?? 1),
      Math.max(high, metric.worst ?? 0, metric.best ?? 1),
    ];
  else {
    const pad = (high - low || Math.abs(high) || 1) * 0.15;
    [low, high] = [low - pad, high + pad];
  }
  return (value) => 2 + (96 * (value - low)) / (high - low || 1);
}
