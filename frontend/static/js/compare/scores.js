/** Scores of the compared models, alone or averaged over the seeds of their configurations. */

import { getJson } from "../core/api.js";
import { el, svg } from "../core/dom.js";
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
  if (!known.length) {
    return wideRow(
      "Scores",
      description,
      el(
        "p",
        { class: "soft" },
        "None of these models has been evaluated: ",
        el("code", {}, `axiscope evaluate ${comparison.ids[0]}`),
      ),
      tools,
    );
  }
  const content = el(
    "div",
    {},
    el(
      "div",
      { class: "score-row heads" },
      el("span", { class: "metric" }),
      el("span", { class: "track" }),
      names.map((name, at) => el("span", { class: "number" }, mark(at, name))),
    ),
    known.map((metric) =>
      scoreRow(
        metric,
        evidence.cells.map((cells) => cells[metric.name]),
        { names, datasets },
      ),
    ),
  );
  return wideRow("Scores", description, content, tools);
}

/**
 * @param {number} at
 * @param {string} name
 */
function mark(at, name) {
  return svg(
    "svg",
    { width: 14, height: 14, viewBox: "-7 -7 14 14", role: "img", "aria-label": name },
    svg("path", { d: SYMBOLS[at % 6], fill: colour(at) }),
    svg("title", {}, name),
  );
}

/**
 * @param {MetricColumn} metric
 * @param {(ScoreCell | undefined)[]} cells
 * @param {{names: string[], datasets: (string | null)[]}} models
 */
function scoreRow(metric, cells, { names, datasets }) {
  const best = clearWinners(cells, datasets, metric.higher_is_better);
  const share = scale(metric, cells);
  return el(
    "div",
    { class: "score-row" },
    el(
      "span",
      { class: "metric", title: metric.definition },
      metric.title,
      metric.unit && el("small", { class: "soft" }, ` ${metric.unit}`),
      !metric.higher_is_better && el("small", { class: "soft" }, " lower is better"),
    ),
    el(
      "span",
      { class: "track", "aria-hidden": "true" },
      cells
        .map((cell, at) => {
          if (!cell || cell.score === null) return null;
          const [low, high] = cell.interval ?? [cell.score, cell.score];
          return [
            svg(
              "svg",
              {
                style: `left:${share(low)}%;width:${Math.max(0, share(high) - share(low))}%`,
                preserveAspectRatio: "none",
                viewBox: "0 0 10 10",
              },
              svg("rect", { x: 0, y: 4.4, width: 10, height: 1.2, fill: colour(at) }),
            ),
            svg(
              "svg",
              { style: `left:${share(cell.score)}%;width:1px` },
              svg(
                "g",
                { transform: "translate(0 11)" },
                svg("path", { d: SYMBOLS[at % 6], fill: colour(at), stroke: "var(--surface)" }),
              ),
            ),
          ];
        })
        .flat(),
    ),
    cells.map((cell, at) =>
      cell && cell.score !== null
        ? el(
            "span",
            { class: "number", title: `${names[at]}: ${cellLabel(cell, metric)}` },
            best.has(at) ? el("b", {}, valueText(cell.score, metric)) : valueText(cell.score, metric),
            el("small", {}, spreadText(cell, metric)),
          )
        : el(
            "span",
            { class: "number none", title: cell?.reason ?? "not computed" },
            cell?.reason ? "n.a." : "not computed",
          ),
    ),
  );
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
