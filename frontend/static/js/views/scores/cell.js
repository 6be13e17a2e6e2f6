/** One cell of the score table: value, interval and bar, or the state in words; never empty. */

import { el } from "../../dom.js";
import { fixed, short, spread, unitless } from "../../math/format.js";

/** @typedef {import("../../types-pages").ScoreCell} ScoreCell */
/** @typedef {import("../../types-pages").MetricColumn} MetricColumn */

/** @param {MetricColumn} metric */
export const bounded = (metric) => metric.best !== null && metric.worst !== null;

/**
 * The number as a person reads it in the column of this metric.
 * @param {number} value
 * @param {MetricColumn} metric
 */
export function valueText(value, metric) {
  if (bounded(metric)) return unitless(value, 3);
  return Math.abs(value) >= 1000 ? fixed(value, 0) : short(value);
}

/**
 * Half the width of the interval, its ends where the score is far from its middle, or the deviation over seeds.
 * @param {ScoreCell} cell
 * @param {MetricColumn} metric
 */
export function spreadText(cell, metric) {
  if (cell.std !== undefined) return `± ${valueText(cell.std, metric)}`;
  if (!cell.interval) return "";
  return spread(cell.interval, cell.score, (end) => valueText(end, metric), "± ");
}

/**
 * @param {ScoreCell | undefined} cell
 * @param {MetricColumn} metric
 * @param {boolean} best set in bold
 * @returns {(Node | string)[]} content of the cell
 */
export function cellContent(cell, metric, best) {
  if (!cell) return [el("span", { class: "state" }, "not computed")];
  if (cell.score === null && cell.state !== "ready" && cell.state !== "stale") return [stateChip(cell)];
  if (cell.score === null) return [el("span", { class: "state", title: cell.reason ?? "" }, "n.a.")];
  const text = valueText(cell.score, metric);
  return [
    el(
      "span",
      { class: "value" },
      best ? el("b", {}, text) : text,
      el("small", {}, spreadText(cell, metric)),
      cell.state !== "ready" && stateChip(cell),
    ),
    bounded(metric) ? bar(cell, metric) : "",
  ];
}

/** @type {Record<string, {words: string, kind: string}>} */
const STATES = {
  stale: { words: "stale", kind: "warn" },
  queued: { words: "queued", kind: "" },
  running: { words: "running", kind: "accent" },
  failed: { words: "failed", kind: "bad" },
};

/** @param {ScoreCell} cell */
function stateChip(cell) {
  const { words, kind } = STATES[cell.state] ?? { words: cell.state, kind: "" };
  return el("span", { class: `chip ${kind}`, title: cell.reason ?? "" }, words);
}

/**
 * @param {ScoreCell} cell
 * @param {MetricColumn} metric
 */
function bar(cell, metric) {
  const worst = metric.worst ?? 0;
  const best = metric.best ?? 1;
  const share = (/** @type {number} */ value) => 100 * Math.max(0, Math.min(1, (value - worst) / (best - worst)));
  const ends = cell.interval ? cell.interval.map(share).sort((a, b) => a - b) : null;
  return el(
    "span",
    { class: "meter", "aria-hidden": "true" },
    el("i", { style: `width:${share(cell.score ?? worst)}%` }),
    ends && el("u", { style: `left:${ends[0]}%;width:${Math.max(0.5, ends[1] - ends[0])}%` }),
    cell.chance !== undefined && el("s", { style: `left:${share(cell.chance)}%`, title: "chance level" }),
  );
}

/**
 * The whole cell in words, for a tooltip and for those who hear the page.
 * @param {ScoreCell | undefined} cell
 * @param {MetricColumn} metric
 */
export function cellWords(cell, metric) {
  if (!cell) return `${metric.title}: not computed`;
  if (cell.score === null) return `${metric.title}: ${cell.reason ?? cell.state}`;
  const parts = [`${metric.title} ${valueText(cell.score, metric)}`];
  if (cell.interval) parts.push(`95 % interval ${cell.interval.map((end) => valueText(end, metric)).join(" to ")}`);
  if (cell.std !== undefined)
    parts.push(`standard deviation ${valueText(cell.std, metric)} over ${cell.models} models`);
  if (cell.chance !== undefined) parts.push(`chance ${valueText(cell.chance, metric)}`);
  if (cell.state !== "ready") parts.push(cell.state + (cell.reason ? `: ${cell.reason}` : ""));
  return parts.join(", ");
}
