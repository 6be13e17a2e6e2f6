/** Joint distribution of two factors in training, as a heat map. */

import { labelOf } from "../core/format.js";
import { valueText } from "../math/factors.js";

/**
 * @param {import("../types").Factor} first on the vertical axis
 * @param {import("../types").Factor} second
 * @param {number[][]} joint probabilities, (classes of the first, classes of the second)
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function jointFigure(first, second, joint, palette) {
  const axis = (/** @type {import("../types").Factor} */ factor) => ({
    title: { text: `${labelOf(factor.name)}, class` },
    dtick: Math.ceil(factor.size / 10),
    showgrid: false,
    zeroline: false,
  });
  const text = joint.map((row, a) => row.map((_, b) => `${valueText(first, a)}, ${valueText(second, b)}`));
  return {
    data: [
      {
        type: "heatmap",
        z: joint,
        customdata: text,
        hovertemplate: "%{customdata}: %{z:.4f}<extra></extra>",
        colorscale: palette.sequential,
        zmin: 0,
        xgap: 1,
        ygap: 1,
        colorbar: { title: { text: "probability", side: "right" }, thickness: 10, outlinewidth: 0 },
      },
    ],
    layout: { height: 300, margin: { l: 56, r: 12, t: 12, b: 48 }, xaxis: axis(second), yaxis: axis(first) },
  };
}
