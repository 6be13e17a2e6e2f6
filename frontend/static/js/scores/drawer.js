/** Everything about one number: what it means, how it was computed, its parts, and how to compute it again. */

import { getDataset, getJson, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { duration, spoken, thousands } from "../core/format.js";
import { command } from "../ui/panel.js";
import { openDrawer } from "../ui/dialog.js";
import { evaluateButton } from "../ui/evaluate-button.js";
import { withoutDataset } from "../ui/panel.js";
import { valueText } from "../ui/score-text.js";
import { detailTables } from "./details.js";

/** @typedef {import("../types").ScoreRow} ScoreRow */
/** @typedef {import("../types").MetricColumn} MetricColumn */

/**
 * @param {ScoreRow} row
 * @param {MetricColumn} metric
 * @param {() => void} onComputed called when a job queued here has computed it again
 */
export async function openScore(row, metric, onComputed) {
  const parts = el("div", { class: "parts" }, el("p", { class: "soft" }, "Reading the details …"));
  openDrawer(
    `${metric.title} · ${row.name}`,
    [],
    [
      bigNumber(row, metric),
      el("p", {}, metric.definition),
      metric.formula && el("pre", { class: "formula" }, metric.formula),
      el("p", { class: "soft" }, metric.citation),
      metric.misses && el("p", { class: "notice" }, el("b", {}, "What it misses. "), metric.misses),
      parts,
      ...computing(row, metric, onComputed),
    ],
  );
  try {
    const path = withQuery("/metrics", { model: row.id, metric: metric.name, details: true });
    const [answer, dataset] = await Promise.all([
      getJson(path),
      row.dataset ? getDataset(row.dataset).catch(() => null) : null,
    ]);
    const factors = dataset?.factors.map(({ name }) => name) ?? [];
    parts.replaceChildren(...described(answer.items ?? [], metric, factors));
  } catch (error) {
    parts.replaceChildren(el("p", { class: "notice bad" }, error instanceof Error ? error.message : String(error)));
  }
}

/**
 * How to compute it, or why that cannot be.
 * @param {ScoreRow} row
 * @param {MetricColumn} metric
 * @param {() => void} onComputed
 */
function computing(row, metric, onComputed) {
  if (!row.dataset) return [withoutDataset()];
  return [
    el("h3", {}, "Compute it again"),
    evaluateButton(row.id, [metric.name], { label: "Queue an evaluation", onDone: onComputed }),
    command(`axiscope evaluate ${row.id} --metrics ${metric.name}`),
  ];
}

/**
 * @param {ScoreRow} row
 * @param {MetricColumn} metric
 */
function bigNumber(row, metric) {
  const cell = row.cells[metric.name];
  if (!cell || cell.score === null) {
    const words = cell
      ? `${cell.state === "ready" ? "not applicable" : cell.state}: ${cell.reason ?? "no reason given"}`
      : "not computed yet";
    return el("p", { class: "notice" }, words);
  }
  return el(
    "p",
    { class: "big" },
    el("b", {}, valueText(cell.score, metric)),
    metric.unit && ` ${metric.unit}`,
    cell.interval && el("span", {}, `95 % interval ${cell.interval.map((end) => valueText(end, metric)).join(" to ")}`),
    typeof cell.std === "number" &&
      el("span", {}, `mean of ${cell.models} models, standard deviation ${valueText(cell.std, metric)}`),
    typeof cell.chance === "number" && el("span", {}, `chance level ${valueText(cell.chance, metric)}`),
    el("span", {}, `${metric.higher_is_better ? "higher" : "lower"} is better`),
  );
}

/**
 * @param {any[]} results rows of GET /metrics
 * @param {MetricColumn} metric
 * @param {string[]} factors
 */
function described(results, metric, factors) {
  const newest = results.find((result) => result.state === "ready");
  if (!newest) return [el("p", { class: "soft" }, "No stored result.")];
  const settings = Object.entries(newest.parameters ?? {});
  /** @type {[string, any][]} */
  const facts = [
    ["Images", newest.n === null ? "–" : thousands(newest.n)],
    ["Seed", newest.seed],
    ["Mode", newest.mode],
    ["Computed", new Date(newest.computed_at).toLocaleString("en-GB")],
    ["Took", newest.seconds === null ? "–" : duration(newest.seconds)],
    ...settings.map(([key, value]) => /** @type {[string, any]} */ ([spoken(key), JSON.stringify(value)])),
  ];
  return [
    newest.stale ? el("p", { class: "notice" }, "The model or the metric changed since: compute it again.") : "",
    el("h3", {}, "How it was computed"),
    el(
      "dl",
      { class: "facts-list" },
      facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]).flat(),
    ),
    ...detailTables(newest.details ?? {}, metric, factors),
  ].filter((node) => node !== "");
}
