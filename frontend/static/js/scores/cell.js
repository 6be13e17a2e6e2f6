/** One cell of the score table: value, interval and bar, or the state in words; never empty. */

import { el } from "../core/dom.js";
import { bounded, spreadText, valueText } from "../ui/score-text.js";

/** @typedef {import("../types").ScoreCell} ScoreCell */
/** @typedef {import("../types").MetricColumn} MetricColumn */

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
    typeof cell.chance === "number" && el("s", { style: `left:${share(cell.chance)}%`, title: "chance level" }),
  );
}
