/** Scores as dots with intervals on one scale, values beside them. */

import { el, svg } from "../core/dom.js";
import { clearWinners } from "../math/winners.js";
import { bounded, cellWords, spreadText, valueText } from "../ui/score-text.js";
import { colour, wideRow } from "./layout.js";

const SYMBOLS = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0",
  "M-4 -4h8v8h-8z",
  "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
  "M0 -5l5 9h-10z",
  "M-5 -1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z",
  "M0 5l5 -9h-10z",
];

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {import("./evidence.js").Evidence} evidence
 * @param {Node[]} tools
 */
export function scoreRows(comparison, evidence, tools) {
  const names = comparison.columns.map(({ model }) => model.name);
  const known = evidence.metrics.filter(({ name }) => evidence.cells.some((cells) => cells[name]));
  const folded = evidence.seeds.some((ids) => ids.length > 1);
  const datasets = comparison.columns.map(({ model }) => model.dataset);
  const several = new Set(datasets).size > 1 ? " Scores of different data sets do not compare." : "";
  const words = `${
    folded ? "Mean and standard deviation over seeds, or 95 % interval of a single run" : "95 % intervals"
  }; bold only where they do not overlap.${several}`;
  if (!known.length) {
    return wideRow(
      "Scores",
      words,
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
  return wideRow("Scores", words, content, tools);
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
 * @param {import("./evidence.js").MetricColumn} metric
 * @param {(import("./evidence.js").ScoreCell | undefined)[]} cells
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
            { class: "number", title: `${names[at]}: ${cellWords(cell, metric)}` },
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
 * @param {import("./evidence.js").MetricColumn} metric
 * @param {(import("./evidence.js").ScoreCell | undefined)[]} cells
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
