/** Figures of the scores: correlation of metrics, trade-off, parallel coordinates, distributions. */

import { getJson, messageOf, withQuery } from "../core/api.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { boxesFigure } from "../figures/boxes.js";
import { correlationFigure } from "../figures/correlation.js";
import { parallelFigure } from "../figures/parallel.js";
import { frontFigure } from "../figures/pareto.js";
import { figurePanel } from "../ui/figure-panel.js";
import { selectField } from "../ui/filters.js";

export const VIEWS = [
  { name: "correlation", label: "Correlation" },
  { name: "front", label: "Trade-off" },
  { name: "parallel", label: "Parallel" },
  { name: "boxes", label: "Distribution" },
];

/** Choices in the figures, kept while the page is open. */
const chosen = { kind: "spearman", x: "reconstruction", y: "mig", metric: "mig" };

/**
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {MetricColumn & {values: (number | null)[]}} Column
 * @typedef {{names: string[], groups: string[], ids: string[], datasets: (string | null)[]}} Models
 *
 * @typedef {object} View
 * @property {string} title
 * @property {string} [term] id of the glossary
 * @property {string} name of exported files
 * @property {(palette: import("../types").Palette) => import("../types").Figure} make
 * @property {() => Column[]} columns of the exported table
 * @property {string} note
 * @property {[label: string, key: keyof typeof chosen, options: string[][]][]} [controls]
 * @property {(point: any) => void} [onClick]
 */

/**
 * @param {HTMLElement} body drawn by `render` alone
 * @param {string} view
 * @param {Record<string, any>} filter
 * @param {MetricColumn[]} metrics
 * @param {AbortSignal} signal aborted when something else is to be shown: destroys the figure
 */
export async function showFigures(body, view, filter, metrics, signal) {
  body.setAttribute("aria-busy", "true");
  try {
    const matrix = await getJson("/api/v1/scores/matrix", { query: filter, signal });
    if (!signal.aborted) await draw(body, view, filter, metrics, matrix, signal);
  } catch (error) {
    if (signal.aborted) return;
    const again = () => showFigures(body, view, filter, metrics, signal);
    const content = html`<div class="empty">
      <b>The scores could not be read</b>${messageOf(error)}
      <p><button type="button" class="btn" @click=${again}>Try again</button></p>
    </div>`;
    render(content, body);
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
 * @param {AbortSignal} signal
 */
async function draw(body, view, filter, metrics, matrix, signal) {
  const all = metrics
    .map((metric) => ({ ...metric, values: matrix.columns[metric.name] ?? [] }))
    .filter(({ values }) => values.some((value) => value !== null));
  if (!all.length) {
    const how = html`Evaluate a model first: <code>axiscope evaluate MODEL</code>`;
    render(html`<div class="empty"><b>No scores to draw</b>${how}</div>`, body);
    return;
  }
  const groups = matrix.objectives.map((objective) => objective ?? "imported");
  const models = { names: matrix.names, groups, ids: matrix.ids, datasets: matrix.datasets };
  const { controls = [], columns, ...options } = viewOf(view, all, models);
  const controlNode = document.createElement("span");
  controlNode.className = "controls";
  const panel = figurePanel({
    ...options,
    rows: () => tableOf(columns(), models),
    rest: withQuery("/api/v1/scores/matrix", filter),
    controls: [controlNode],
  });
  const fields = controls.map(([label, key, options]) =>
    selectField(label, options, chosen[key], (value) => {
      chosen[key] = value;
      panel.draw();
    }),
  );
  render(fields, controlNode);
  const n = new Set(matrix.datasets).size;
  const warning = `These models are of ${n} data sets, whose scores do not compare: choose one data set above.`;
  const content = html`
    ${n > 1 ? html`<p class="notice mixture">${warning}</p>` : ""}
    <div class="figure-grid">${panel.node}</div>
  `;
  render(content, body);
  signal.addEventListener("abort", panel.destroy);
  await panel.draw();
}

/**
 * @param {string} view
 * @param {Column[]} all
 * @param {Models} models
 * @returns {View}
 */
function viewOf(view, all, models) {
  const options = all.map(({ name, title }) => [name, title]);
  const pick = (/** @type {string} */ name, /** @type {Column} */ fallback) =>
    all.find((column) => column.name === name) ?? fallback;
  const [first, last] = [all[0], all[all.length - 1]];
  if (view === "correlation")
    return {
      title: "Correlation of metrics",
      name: "metric-correlation",
      make: (palette) => correlationFigure(all, chosen.kind === "pearson" ? "pearson" : "spearman", palette),
      columns: () => all,
      note: `Over ${thousands(models.ids.length)} models; each pair uses the models that have both scores. Spearman measures any rising relation, Pearson a straight one.`,
      controls: [["Kind", "kind", ["spearman", "pearson"].map((kind) => [kind, kind])]],
    };
  if (view === "front")
    return {
      title: "Trade-off",
      term: "pareto",
      name: "trade-off",
      make: (palette) => frontFigure(pick(chosen.x, last), pick(chosen.y, first), models, palette),
      columns: () => [pick(chosen.x, last), pick(chosen.y, first)],
      note: "Dotted: the Pareto front of a data set, models that no other beats on both axes. A click opens the model.",
      controls: [
        ["Across", "x", options],
        ["Up", "y", options],
      ],
      onClick(point) {
        if (point?.customdata === undefined) return;
        location.assign(`/explore/${encodeURIComponent(models.ids[point.customdata])}`);
      },
    };
  if (view === "parallel")
    return {
      title: "Parallel coordinates",
      name: "parallel-coordinates",
      make: (palette) => parallelFigure(all, models, palette),
      columns: () => all,
      note: "One line a model, coloured by objective. A line that is broken lacks that score.",
    };
  return {
    title: "Distribution by objective",
    name: "distribution",
    make: (palette) => boxesFigure(pick(chosen.metric, first), models.groups, "objective", palette),
    columns: () => [pick(chosen.metric, first)],
    note: "Box: quartiles. Whiskers: last value within 1.5 interquartile ranges.",
    controls: [["Metric", "metric", options]],
  };
}

/**
 * @param {Column[]} columns
 * @param {Models} models
 */
const tableOf = (columns, { ids, groups }) => [
  ["model", "objective", ...columns.map(({ name }) => name)],
  ...ids.map((id, at) => [id, groups[at], ...columns.map(({ values }) => values[at])]),
];
