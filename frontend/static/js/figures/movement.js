/** Posterior means of the latents that move most with a factor, against its values. */

import { valueText } from "../math/factors.js";
import { labelOf } from "../core/format.js";

const DASHES = ["solid", "dash", "dot"];
const SYMBOLS = ["circle", "square", "diamond"];

/**
 * @param {import("../types").Factor} factor
 * @param {{codes: number[][], latents: number[], here: number}} what codes (values, latents); which to draw; the value
 *   shown in the browser
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function movementFigure(factor, { codes, latents, here }, palette) {
  const category = factor.kind === "categorical";
  const labels = codes.map((_, at) => valueText(factor, at));
  const numbers = factor.values?.every((value) => typeof value === "number");
  const x = numbers ? /** @type {number[]} */ (factor.values) : labels;
  return {
    data: latents.map((latent, k) => ({
      type: "scatter",
      mode: category ? "markers" : "lines+markers",
      name: `z${latent}`,
      meta: latent,
      x,
      y: codes.map((row) => row[latent]),
      line: { color: palette.series[k], width: 2, dash: DASHES[k % DASHES.length] },
      marker: { color: palette.series[k], size: category ? 9 : 4, symbol: SYMBOLS[k % SYMBOLS.length] },
      customdata: labels,
      hovertemplate: `z${latent} at %{customdata}: %{y:.2f}<extra></extra>`,
    })),
    layout: {
      height: 280,
      margin: { l: 56, r: 12, t: 32, b: 48 },
      xaxis: {
        title: { text: `${labelOf(factor.name)}${factor.unit ? ` [${factor.unit}]` : ""}` },
        showgrid: false,
        zeroline: false,
        ...(category ? { type: "category" } : {}),
      },
      yaxis: { title: { text: "posterior mean" }, zeroline: true },
      shapes: [
        {
          type: "line",
          xref: "x",
          yref: "paper",
          x0: x[here],
          x1: x[here],
          y0: 0,
          y1: 1,
          line: { color: palette.soft, width: 1, dash: "dot" },
        },
      ],
      showlegend: true,
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.02, yanchor: "bottom" },
    },
  };
}
