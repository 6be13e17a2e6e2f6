/** Figures of a run while it trains: every part of the loss, and the KL of each latent. */

import { labelOf } from "../core/format.js";
import { LEGEND_BELOW } from "./legend.js";
import { styleOf } from "./line-style.js";
import { NATS, unitOf } from "./loss-parts.js";

/**
 * The curves grow in place, and Plotly draws anew only what is another array: figures get copies.
 *
 * @param {{step: number[], parts: Record<string, (number | null)[]>}} curves
 * @param {number | null} at step that the slider shows
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function lossFigure(curves, at, palette) {
  const layout = frame("Parts of the loss", NATS, curves.step, at, palette);
  if (Object.keys(curves.parts).some((part) => unitOf(part) !== NATS)) {
    const other = { title: { text: "other units", standoff: 8 }, side: "right", tickmode: "auto" };
    layout.yaxis2 = { ...layout.yaxis, ...other, overlaying: "y", showgrid: false };
  }
  return {
    data: Object.entries(curves.parts).map(([part, values], k) => ({
      type: "scatter",
      mode: curves.step.length < 20 ? "lines+markers" : "lines",
      name: labelOf(part),
      x: [...curves.step],
      y: [...values],
      yaxis: unitOf(part) === NATS ? "y" : "y2",
      line: { ...styleOf(k, palette), width: 1.8 },
      marker: { size: 5 },
      hovertemplate: unitOf(part) === NATS ? "%{y:.4g}" : `%{y:.4g} (${unitOf(part)})`,
    })),
    layout,
  };
}

/**
 * @param {{step: number[], kl: number[][]}} curves
 * @param {number | null} at
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function klFigure(curves, at, palette) {
  const latents = Math.max(0, ...curves.kl.map((row) => row.length));
  return {
    data: Array.from({ length: latents }, (_, latent) => ({
      type: "scatter",
      mode: curves.step.length < 20 ? "lines+markers" : "lines",
      name: `z${latent}`,
      x: [...curves.step],
      y: curves.kl.map((row) => row[latent] ?? null),
      line: { ...styleOf(latent, palette), width: 1.5 },
      marker: { size: 4 },
      hovertemplate: "%{y:.3f}",
    })),
    layout: frame("KL of each latent to its prior", NATS, curves.step, at, palette),
  };
}

/**
 * @param {string} title
 * @param {string} unit
 * @param {number[]} steps
 * @param {number | null} at
 * @param {import("../types").Palette} palette
 * @returns {Record<string, any>}
 */
function frame(title, unit, steps, at, palette) {
  return {
    title: { text: title, font: { size: 13 }, x: 0, xref: "paper" },
    height: 320,
    margin: { l: 58, r: 12, t: 36, b: 12 },
    xaxis: {
      title: { text: "training step", standoff: 4 },
      automargin: true,
      showgrid: false,
      zeroline: false,
      rangemode: "tozero",
      range: steps.length ? undefined : [0, 1],
    },
    yaxis: { title: { text: unit, standoff: 8 }, automargin: true, zeroline: false, exponentformat: "e" },
    showlegend: true,
    legend: { ...LEGEND_BELOW, maxheight: 0.3, font: { size: 11 } },
    hovermode: "x unified",
    shapes:
      at === null
        ? []
        : [
            {
              type: "line",
              x0: at,
              x1: at,
              yref: "paper",
              y0: 0,
              y1: 1,
              line: { color: palette.soft, width: 1, dash: "dot" },
            },
          ],
  };
}
