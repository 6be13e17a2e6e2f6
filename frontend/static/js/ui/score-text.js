/** Texts of metrics and their scores. */

import { fixed, short, spread, unitless } from "../core/format.js";

/** @typedef {import("../types").ScoreCell} ScoreCell */
/** @typedef {import("../types").MetricColumn} MetricColumn */

/** @param {MetricColumn} metric */
export const bounded = (metric) => metric.best !== null && metric.worst !== null;

/**
 * Text of a value, an end of the interval or the chance level: three digits after the point for a score in [0, 1], three
 * significant ones in nats, where a narrow interval or a low chance level must not become 0.0.
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
  if (typeof cell.std === "number") return `± ${valueText(cell.std, metric)}`;
  if (!cell.interval) return "";
  return spread(cell.interval, cell.score, (end) => valueText(end, metric), "± ");
}

/**
 * The whole cell as text, for a tooltip.
 * @param {ScoreCell | undefined} cell
 * @param {MetricColumn} metric
 */
export function cellLabel(cell, metric) {
  if (!cell) return `${metric.title}: not computed`;
  if (cell.score === null) return `${metric.title}: ${cell.reason ?? cell.state}`;
  const parts = [`${metric.title} ${valueText(cell.score, metric)}`];
  if (cell.interval) parts.push(`95 % interval ${cell.interval.map((end) => valueText(end, metric)).join(" to ")}`);
  if (typeof cell.std === "number")
    parts.push(`standard deviation ${valueText(cell.std, metric)} over ${cell.models} models`);
  if (typeof cell.chance === "number") parts.push(`chance ${valueText(cell.chance, metric)}`);
  if (cell.state !== "ready") parts.push(cell.state + (cell.reason ? `: ${cell.reason}` : ""));
  return parts.join(", ");
}
