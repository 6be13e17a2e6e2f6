/** Curves of training: one line a model, or mean and band over the seeds of a configuration. */

import { band } from "../math/summary.js";
import { LEGEND_BELOW, heightWithLegend } from "./legend.js";
import { styleOf } from "./line-style.js";

/**
 * @typedef {{name: string, curves: {x: number[], y: number[]}[]}} Series one curve a seed
 * @param {Series[]} series
 * @param {{title: string, unit: string}} what
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function curvesFigure(series, { title, unit }, palette) {
  const data = series.flatMap(({ name, curves }, k) => {
    const { color, dash } = styleOf(k, palette);
    const found = band(curves);
    const label = curves.length > 1 ? `${name} (${curves.length} seeds)` : name;
    /** @type {any[]} */
    const traces = [];
    if (curves.length > 1) {
      traces.push({
        type: "scatter",
        x: [...found.x, ...[...found.x].reverse()],
        y: [
          ...found.mean.map((mean, at) => mean + found.deviation[at]),
          ...found.mean.map((mean, at) => mean - found.deviation[at]).reverse(),
        ],
        fill: "toself",
        fillcolor: color,
        opacity: 0.18,
        line: { width: 0 },
        hoverinfo: "skip",
        showlegend: false,
      });
    }
    traces.push({
      type: "scatter",
      mode: "lines",
      name: label,
      x: found.x,
      y: found.mean,
      line: { color, width: 2, dash },
      hovertemplate: "step %{x}: %{y:.4g}<extra>" + label + "</extra>",
    });
    return traces;
  });
  return {
    data,
    layout: {
      title: { text: title, font: { size: 13 }, x: 0, xref: "paper" },
      height: heightWithLegend(340, series.length),
      margin: { l: 64, r: 12, t: 40, b: 12 },
      xaxis: { title: { text: "training step" }, automargin: true, showgrid: false, zeroline: false },
      yaxis: { title: { text: unit, standoff: 8 }, automargin: true, zeroline: false },
      showlegend: true,
      legend: LEGEND_BELOW,
    },
  };
}
