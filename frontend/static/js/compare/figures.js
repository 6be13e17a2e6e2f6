/** Figures of the comparison: loss curves with seed bands, trade-off, score bars, parallel coordinates, box plots. */

import { getJson, modelPath } from "../core/api.js";
import { el } from "../core/dom.js";
import { barsFigure } from "../figures/bars.js";
import { boxesFigure } from "../figures/boxes.js";
import { curvesFigure } from "../figures/curves.js";
import { withUnit } from "../figures/loss-parts.js";
import { frontFigure } from "../figures/pareto.js";
import { parallelFigure } from "../figures/parallel.js";
import { labelOf } from "../core/format.js";
import { figurePanel } from "../ui/figure-panel.js";

/**
 * @typedef {import("./comparison.js").Comparison} Comparison
 * @typedef {import("./scores.js").Evidence} Evidence
 * @typedef {ReturnType<typeof figurePanel>} Panel
 */

/**
 * @param {Comparison} comparison
 * @param {Evidence} evidence
 * @returns {Panel[]}
 */
export function scoreFigures(comparison, evidence) {
  const names = comparison.columns.map(({ model }) => model.name);
  const known = evidence.metrics.filter(({ name }) =>
    evidence.cells.some((cells) => typeof cells[name]?.score === "number"),
  );
  if (!known.length) return [];
  const columns = known.map((metric) => ({
    ...metric,
    values: evidence.cells.map((cells) => cells[metric.name]?.score ?? null),
  }));
  const rising = columns.filter(
    ({ best, worst, higher_is_better: higher }) => best !== null && worst !== null && higher,
  );
  const folded = evidence.seeds.some((ids) => ids.length > 1);
  const table = () => [["metric", ...names], ...columns.map(({ name, values }) => [name, ...values])];
  /** @type {Panel[]} */
  const panels = [];
  if (rising.length) {
    panels.push(
      figurePanel({
        title: "Score bars",
        name: "score-bars",
        rows: table,
        make: (palette) =>
          barsFigure(
            rising.map(({ title }) => title),
            names.map((name, at) => ({
              name,
              cells: rising.map((metric) => {
                const cell = evidence.cells[at][metric.name];
                return { score: cell?.score ?? null, low: cell?.interval?.[0], high: cell?.interval?.[1] };
              }),
            })),
            folded ? "one standard deviation over seeds" : "95 % intervals",
            palette,
          ),
      }),
    );
  }
  panels.push(tradeOff(comparison, evidence));
  if (columns.length > 1) {
    panels.push(
      figurePanel({
        title: "Parallel coordinates",
        name: "parallel-coordinates",
        rows: table,
        make: (palette) => parallelFigure(columns, { names, groups: names }, palette),
      }),
    );
  }
  if (folded) panels.push(seedBoxes(comparison, evidence));
  return panels;
}

/**
 * Draw all models of the data set, the compared ones in their colours.
 * @param {Comparison} comparison
 * @param {Evidence} evidence
 */
function tradeOff(comparison, evidence) {
  const { matrix, metrics } = evidence;
  const withValues = metrics
    .map((metric) => ({ ...metric, values: matrix.columns[metric.name] ?? [] }))
    .filter(({ values }) => values.some((value) => value !== null));
  const chosen = {
    x: withValues.find(({ name }) => name === "reconstruction") ?? withValues[withValues.length - 1],
    y: withValues.find(({ name }) => name === "mig") ?? withValues[0],
  };
  const name = new Map(comparison.columns.map(({ model }) => [model.id, model.name]));
  const order = [...matrix.ids.keys()].sort((a, b) => rank(a) - rank(b));
  function rank(/** @type {number} */ at) {
    const place = comparison.ids.indexOf(matrix.ids[at]);
    return place < 0 ? 99 : place;
  }
  const models = {
    names: order.map((at) => matrix.names[at]),
    groups: order.map((at) => name.get(matrix.ids[at]) ?? "other models"),
  };
  const sorted = (/** @type {typeof withValues[number]} */ column) => ({
    ...column,
    values: order.map((at) => column.values[at]),
  });
  const select = (/** @type {"x" | "y"} */ axis, /** @type {string} */ label) => {
    const node = el(
      "select",
      { on: { change: () => ((chosen[axis] = withValues[node.selectedIndex]), panel.draw()) } },
      withValues.map((column) => el("option", { selected: column === chosen[axis] }, column.title)),
    );
    return el("label", { class: "field" }, label, node);
  };
  /** @type {Panel} */
  const panel = figurePanel({
    title: "Reconstruction against disentanglement",
    term: "pareto",
    name: "trade-off",
    make: (palette) => frontFigure(sorted(chosen.x), sorted(chosen.y), models, palette),
    rows: () => [
      ["model", chosen.x.name, chosen.y.name],
      ...matrix.ids.map((id, at) => [id, chosen.x.values[at], chosen.y.values[at]]),
    ],
    controls: [select("x", "Across"), select("y", "Up")],
    note: "All models of the data set; dotted: the Pareto front.",
  });
  return panel;
}

/**
 * @param {Comparison} comparison
 * @param {Evidence} evidence
 */
function seedBoxes(comparison, evidence) {
  const groups = evidence.seeds.flatMap((ids, at) => ids.map(() => comparison.columns[at].model.name));
  const places = evidence.seeds.flat().map((id) => evidence.matrix.ids.indexOf(id));
  const columns = evidence.metrics
    .map((metric) => ({ ...metric, values: places.map((at) => evidence.matrix.columns[metric.name]?.[at] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null));
  let chosen = columns.find(({ name }) => name === "mig") ?? columns[0];
  const node = el(
    "select",
    { on: { change: () => ((chosen = columns[node.selectedIndex]), panel.draw()) } },
    columns.map((column) => el("option", { selected: column === chosen }, column.title)),
  );
  /** @type {Panel} */
  const panel = figurePanel({
    title: "Spread over seeds",
    term: "seed",
    name: "seed-boxes",
    make: (palette) => boxesFigure(chosen, groups, "configuration", palette),
    rows: () => [["configuration", chosen.name], ...groups.map((group, at) => [group, chosen.values[at]])],
    controls: [el("label", { class: "field" }, "Metric", node)],
    note: "Box: quartiles over seeds. Whiskers: last value within 1.5 interquartile ranges.",
  });
  return panel;
}

/**
 * @param {Comparison} comparison
 * @param {Evidence} evidence
 * @param {AbortSignal} [signal]
 * @returns {Promise<Panel | null>} null where no model kept its history
 */
export async function lossCurves(comparison, evidence, signal) {
  const histories = await Promise.all(evidence.seeds.map((ids) => Promise.all(ids.map((id) => history(id, signal)))));
  const parts = [...new Set(histories.flat().flatMap((one) => Object.keys(one?.parts ?? {})))];
  if (!parts.length) return null;
  let part = parts.find((name) => name === "reconstruction") ?? parts[0];
  const series = () =>
    histories.map((ofModel, at) => ({
      name: comparison.columns[at].model.name,
      curves: ofModel.flatMap((one) => (one?.parts[part] ? [{ x: one.step, y: one.parts[part] }] : [])),
    }));
  const node = el(
    "select",
    { on: { change: () => ((part = node.value), panel.draw()) } },
    parts.map((name) => el("option", { value: name, selected: name === part }, labelOf(name))),
  );
  /** @type {Panel} */
  const panel = figurePanel({
    title: "Training curves",
    name: "training-curves",
    make: (palette) =>
      curvesFigure(
        series().filter(({ curves }) => curves.length),
        { title: `Training: ${labelOf(part)}`, unit: withUnit(part) },
        palette,
      ),
    rows: () => [
      ["model", "step", part],
      ...series().flatMap(({ name, curves }) => curves.flatMap(({ x, y }) => x.map((step, k) => [name, step, y[k]]))),
    ],
    controls: [el("label", { class: "field" }, "Part", node)],
    note: evidence.seeds.some((ids) => ids.length > 1)
      ? "Line: mean over seeds; band: one standard deviation."
      : undefined,
  });
  return panel;
}

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<{step: number[], parts: Record<string, number[]>} | null>}
 */
async function history(id, signal) {
  return getJson(`${modelPath(id)}/files/history.json`, { signal }).catch(() => null);
}
