/** Small multiples of the Hinton diagram: importance of each latent for each factor, as DCI measured it. */

import { getJson } from "../core/api.js";
import { el, svg } from "../core/dom.js";
import { spoken, unitless } from "../core/format.js";
import { compareRow } from "./layout.js";

const CELL = 22;
const LEFT = 34;
const TOP = 56;

/** @param {import("./comparison.js").Comparison} comparison */
export function hintonMaps(comparison) {
  const cells = comparison.columns.map(() => el("div", {}, el("p", { class: "soft" }, "Reading …")));
  const row = compareRow(
    "Importance (DCI)",
    "Area of a square: importance of the latent for the factor, as the boosted trees of DCI see it.",
    cells,
  );
  /** @type {((number[][]) | null)[]} */
  const found = comparison.columns.map(() => null);
  const draw = () =>
    found.forEach((importance, at) => importance && cells[at].replaceChildren(diagram(comparison, at, importance)));
  comparison.columns.forEach(async ({ model }, at) => {
    try {
      const answer = await getJson("/metrics", { query: { model: model.id, metric: "dci", details: true } });
      const ready = (answer.items ?? []).find((/** @type {any} */ item) => item.details?.importance);
      if (!ready) throw new Error();
      found[at] = ready.details.importance;
      draw();
    } catch {
      cells[at].replaceChildren(
        el(
          "p",
          { class: "soft" },
          "DCI is not computed: ",
          el("code", {}, `axiscope evaluate ${model.id} --metrics dci`),
        ),
      );
    }
  });
  comparison.store.on(["handles"], draw);
  return row;
}

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {number} at
 * @param {number[][]} importance latents x factors
 */
function diagram(comparison, at, importance) {
  const { model } = comparison.columns[at];
  const latents = comparison.store.get().handles.flatMap(({ targets }) => targets[at]?.latent ?? []);
  const factors = model.factor_names;
  const largest = Math.max(1e-9, ...importance.flat());
  const width = LEFT + factors.length * CELL + 40;
  const height = TOP + latents.length * CELL;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      "aria-label": `Importance of the latents of ${model.name}: largest ${unitless(largest)}`,
      "font-size": 10.5,
      fill: "var(--soft)",
    },
    factors.map((factor, k) =>
      svg(
        "text",
        { x: LEFT + (k + 0.4) * CELL, y: TOP - 6, transform: `rotate(-38 ${LEFT + (k + 0.4) * CELL} ${TOP - 6})` },
        spoken(factor).slice(0, 12),
      ),
    ),
    latents.map((latent, r) =>
      svg("text", { x: 0, y: TOP + (r + 0.68) * CELL, "font-family": "var(--mono)" }, `z${latent}`),
    ),
    latents
      .map((latent, r) =>
        factors.map((factor, k) => {
          const side = (CELL - 3) * Math.sqrt(importance[latent][k] / largest);
          const [x, y] = [LEFT + (k + 0.5) * CELL, TOP + (r + 0.5) * CELL];
          return svg(
            "rect",
            { x: x - side / 2, y: y - side / 2, width: side, height: side, fill: "var(--accent)", rx: 1 },
            svg("title", {}, `z${latent}, ${spoken(factor)}: ${unitless(importance[latent][k])}`),
          );
        }),
      )
      .flat(),
  );
}
