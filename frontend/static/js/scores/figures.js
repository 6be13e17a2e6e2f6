/** Pictures of the score table: correlation of metrics, fronts, parallel coordinates, box plots. */

import { getJson, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { boxesFigure } from "../figures/boxes.js";
import { correlationFigure } from "../figures/correlation.js";
import { frontFigure } from "../figures/pareto.js";
import { parallelFigure } from "../figures/parallel.js";
import { thousands } from "../core/format.js";
import { figurePanel } from "../ui/figure-panel.js";
import { missing } from "../ui/panel.js";

export const VIEWS = [
  { name: "correlation", label: "Correlation" },
  { name: "front", label: "Trade-off" },
  { name: "parallel", label: "Parallel" },
  { name: "boxes", label: "Distribution" },
];

/** What the person chose in each picture, kept while the page is open. */
const chosen = { kind: "spearman", x: "reconstruction", y: "mig", metric: "mig" };

/**
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {MetricColumn & {values: (number | null)[]}} Column
 */

/**
 * @param {HTMLElement} body
 * @param {string} view
 * @param {Record<string, any>} filter
 * @param {MetricColumn[]} metrics
 * @param {AbortSignal} signal aborted when something else is to be shown
 */
export async function showFigures(body, view, filter, metrics, signal) {
  body.setAttribute("aria-busy", "true");
  try {
    const matrix = await getJson("/api/v1/scores/matrix", { query: filter, signal });
    if (!signal.aborted) await draw(body, view, filter, metrics, matrix, signal);
  } catch (error) {
    if (signal.aborted) return;
    const again = () => showFigures(body, view, filter, metrics, signal);
    body.replaceChildren(
      missing(
        "The scores could not be read",
        error instanceof Error ? error.message : String(error),
        el("p", {}, el("button", { type: "button", class: "btn", on: { click: again } }, "Try again")),
      ),
    );
  } finally {
    if (!signal.aborted) body.setAttribute("aria-busy", "false");
  }
}

/**
 * @param {HTMLElement} body
 * @param {string} view
 * @param {Record<string, any>} filter
 * @param {MetricColumn[]} metrics
 * @param {import("../types").ScoreMatrix} matrix
 * @param {AbortSignal} signal destroys the figure
 */
async function draw(body, view, filter, metrics, matrix, signal) {
  const rest = withQuery("/api/v1/scores/matrix", filter);
  const columns = metrics
    .map((metric) => ({ ...metric, values: matrix.columns[metric.name] ?? [] }))
    .filter(({ values }) => values.some((value) => value !== null));
  if (!columns.length) {
    body.replaceChildren(
      missing("No scores to draw", "Evaluate a model first: ", el("code", {}, "axiscope evaluate MODEL")),
    );
    return;
  }
  const groups = matrix.objectives.map((objective) => objective ?? "imported");
  const panel = PANELS[view](columns, { names: matrix.names, groups, ids: matrix.ids }, rest);
  body.replaceChildren(mixture(matrix.datasets), el("div", { class: "figure-grid" }, panel.node));
  signal.addEventListener("abort", panel.destroy);
  await panel.draw();
}

/**
 * Scores of different data sets do not compare: said where a figure holds several.
 * @param {(string | null)[]} datasets
 */
function mixture(datasets) {
  const n = new Set(datasets).size;
  if (n < 2) return "";
  const words = `These models are of ${n} data sets, whose scores do not compare: choose one data set above.`;
  return el("p", { class: "notice mixture" }, words);
}

/** @typedef {{names: string[], groups: string[], ids: string[]}} Models */
/** @type {Record<string, (columns: Column[], models: Models, rest: string) => {node: HTMLElement, draw: () => Promise<void>, destroy: () => void}>} */
const PANELS = {
  correlation: (columns, models, rest) => {
    const panel = figurePanel({
      title: "Correlation of metrics",
      name: "metric-correlation",
      make: (palette) => correlationFigure(columns, chosen.kind === "pearson" ? "pearson" : "spearman", palette),
      rows: () => table(columns, models),
      rest,
      note: `Over ${thousands(models.ids.length)} models; each pair uses the models that have both scores. Spearman sees any rising relation, Pearson a straight one.`,
      controls: [
        select(
          "Kind",
          ["spearman", "pearson"].map((kind) => [kind, kind]),
          "kind",
          () => panel.draw(),
        ),
      ],
    });
    return panel;
  },
  front: (columns, models, rest) => {
    const pick = (/** @type {string} */ name, /** @type {number} */ fallback) =>
      columns.find((column) => column.name === name) ?? columns[Math.min(fallback, columns.length - 1)];
    const options = columns.map(({ name, title }) => [name, title]);
    const panel = figurePanel({
      title: "Trade-off",
      name: "trade-off",
      make: (palette) => frontFigure(pick(chosen.x, columns.length - 1), pick(chosen.y, 0), models, palette),
      rows: () => table([pick(chosen.x, columns.length - 1), pick(chosen.y, 0)], models),
      rest,
      note: "Dotted: the Pareto front, models that no other beats on both axes. A click opens the model.",
      onClick: (point) => {
        if (point?.customdata !== undefined)
          location.assign(`/explore/${encodeURIComponent(models.ids[point.customdata])}`);
      },
      controls: [select("Across", options, "x", () => panel.draw()), select("Up", options, "y", () => panel.draw())],
    });
    return panel;
  },
  parallel: (columns, models, rest) =>
    figurePanel({
      title: "Parallel coordinates",
      name: "parallel-coordinates",
      make: (palette) => parallelFigure(columns, models, palette),
      rows: () => table(columns, models),
      rest,
      note: "One line a model, coloured by objective. A line that is broken lacks that score.",
    }),
  boxes: (columns, models, rest) => {
    const pick = () => columns.find(({ name }) => name === chosen.metric) ?? columns[0];
    const panel = figurePanel({
      title: "Distribution by objective",
      name: "distribution",
      make: (palette) => boxesFigure(pick(), models.groups, "objective", palette),
      rows: () => table([pick()], models),
      rest,
      note: "Box: quartiles. Whiskers: last value within 1.5 interquartile ranges.",
      controls: [
        select(
          "Metric",
          columns.map(({ name, title }) => [name, title]),
          "metric",
          () => panel.draw(),
        ),
      ],
    });
    return panel;
  },
};

/**
 * @param {Column[]} columns
 * @param {Models} models
 */
function table(columns, models) {
  return [
    ["model", "objective", ...columns.map(({ name }) => name)],
    ...models.ids.map((id, at) => [id, models.groups[at], ...columns.map(({ values }) => values[at])]),
  ];
}

/**
 * @param {string} label
 * @param {string[][]} options
 * @param {"kind" | "x" | "y" | "metric"} key
 * @param {() => void} onChange
 */
function select(label, options, key, onChange) {
  const node = el(
    "select",
    {
      on: {
        change: () => {
          chosen[key] = node.value;
          onChange();
        },
      },
    },
    options.map(([value, text]) => el("option", { value, selected: value === chosen[key] }, text)),
  );
  return el("label", { class: "field" }, label, node);
}
