/** Small multiples of the correlation of latents with factors; rows follow the linked sliders. */

import { el } from "../core/dom.js";
import { spoken, unitless } from "../core/format.js";
import { heatCell } from "../ui/colours.js";
import { compareRow } from "./layout.js";

/** @param {import("./comparison.js").Comparison} comparison */
export function correlationMaps(comparison) {
  const cells = comparison.columns.map(() => el("div", {}));
  const row = compareRow(
    "Correlation",
    "Absolute Pearson correlation of each latent with each factor; rows in the order of the sliders.",
    cells,
  );
  const draw = () => comparison.columns.forEach((_, at) => cells[at].replaceChildren(map(comparison, at)));
  comparison.store.on(["handles", "focus"], draw);
  draw();
  return row;
}

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {number} at
 */
function map(comparison, at) {
  const { model } = comparison.columns[at];
  if (!model.factor_names.length) return el("p", { class: "soft" }, "No factors are known for this model's data.");
  const { focus } = comparison.store.get();
  return el(
    "table",
    { class: "mini", "aria-label": `Correlation of ${model.name}` },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col", style: "width:34px" }, el("span", { class: "visually-hidden" }, "latent")),
        model.factor_names.map((factor) => el("th", { scope: "col", title: spoken(factor) }, abbreviated(factor))),
      ),
    ),
    el(
      "tbody",
      {},
      comparison.store.get().handles.map((handle, number) => {
        const target = handle.targets[at];
        if (!target) return null;
        const { correlations } = model.statistics[target.latent];
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, `z${target.latent}`),
          model.factor_names.map((factor) => {
            const value = Math.abs(correlations[factor] ?? 0);
            const heat = heatCell(value);
            return el(
              "td",
              {
                class: `${heat.className} ${focus === number ? "on" : ""}`,
                style: heat.style,
                title: `z${target.latent}, ${spoken(factor)}: ${unitless(correlations[factor] ?? 0)}`,
              },
              unitless(value),
            );
          }),
        );
      }),
    ),
  );
}

/** Six letters of each word at most. @param {string} factor */
const abbreviated = (factor) =>
  spoken(factor)
    .split(" ")
    .map((word) => word.slice(0, 6))
    .join(" ");
