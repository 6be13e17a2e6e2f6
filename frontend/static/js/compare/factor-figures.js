/** Small multiples of figures of latents by factors: correlation and importance; rows follow the linked sliders. */

import { modelPath } from "../core/api.js";
import { el } from "../core/dom.js";
import { createChart } from "../ui/chart.js";
import { inOrder, outlined, readFigure, themed } from "../ui/service-figure.js";
import { compareRow } from "./layout.js";

const WITHOUT_FACTORS = "This model names no data set, so there are no factors.";

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
export const correlationMaps = (comparison, signal) =>
  figureRow(comparison, "pcc", "Correlation", "Absolute Pearson correlation of each latent with each factor;", signal);

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
export const hintonMaps = (comparison, signal) =>
  figureRow(
    comparison,
    "hinton",
    "Importance (DCI)",
    "Area of a square: importance of the latent for the factor by the boosted trees of DCI;",
    signal,
  );

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {"pcc" | "hinton"} kind of the figure
 * @param {string} title
 * @param {string} description
 * @param {AbortSignal} signal ends the row
 */
function figureRow(comparison, kind, title, description, signal) {
  const cells = comparison.columns.map(() => el("div", {}, el("p", { class: "soft" }, "Reading …")));
  comparison.columns.forEach(async ({ model }, at) => {
    if (!model.dataset) return cells[at].replaceChildren(el("p", { class: "soft" }, WITHOUT_FACTORS));
    try {
      const figure = await readFigure(modelPath(model.id), kind);
      if (signal.aborted) return;
      const chart = createChart(`${title} of ${model.name}`, {
        onClick: ({ customdata }) => {
          const { handles } = comparison.store.get();
          const focus = handles.findIndex(({ targets }) => targets[at]?.latent === customdata?.[0]);
          if (focus >= 0) comparison.store.set({ focus });
        },
      });
      signal.addEventListener("abort", chart.destroy);
      cells[at].replaceChildren(chart.node);
      const draw = () => chart.draw(() => inSliders(comparison, at, themed(figure)));
      comparison.store.on(["handles", "focus"], draw, signal);
      draw();
    } catch (error) {
      cells[at].replaceChildren(el("p", { class: "soft" }, /** @type {Error} */ (error).message));
    }
  });
  const placed = `${description} rows in the order of the sliders, latents without one below.`;
  return compareRow(title, placed, cells, [], kind);
}

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {number} at column of the model
 * @param {import("../types").Figure} figure
 */
function inSliders({ store }, at, figure) {
  const { handles, focus } = store.get();
  const linked = handles.flatMap(({ targets }) => targets[at]?.latent ?? []);
  const order = [...new Set([...linked, ...figure.layout.meta.latents])];
  const { data, layout } = outlined(inOrder(figure, order), handles[focus]?.targets[at]?.latent);
  return { data, layout: { ...layout, annotations: [] } };
}
