/** Bars of bounded scores, one group a metric, one bar a model, with interval or deviation as whisker. */

import { LEGEND_BELOW, heightWithLegend } from "./legend.js";

/**
 * @typedef {{score: number | null, low?: number, high?: number}} BarCell
 * @param {string[]} metrics titles
 * @param {{name: string, cells: BarCell[]}[]} models one cell a metric
 * @param {string} whisker what the whiskers show, in words
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function barsFigure(metrics, models, whisker, palette) {
  return {
    data: models.map(({ name, cells }, k) => ({
      type: "bar",
      name,
      x: metrics,
      y: cells.map(({ score }) => score),
      error_y: {
        type: "data",
        symmetric: false,
        array: cells.map(({ score, high }) => (score === null || high === undefined ? 0 : high - score)),
        arrayminus: cells.map(({ score, low }) => (score === null || low === undefined ? 0 : score - low)),
        color: palette.text,
        thickness: 1.2,
        width: 3,
      },
      marker: {
        color: palette.series[k % palette.series.length],
        pattern: { shape: PATTERNS[k % PATTERNS.length], solidity: 0.25 },
      },
      hovertemplate: "%{x}: %{y:.3f}<extra>" + name + "</extra>",
    })),
    layout: {
      title: { text: `Scores, with ${whisker}`, font: { size: 13 }, x: 0, xref: "paper" },
      barmode: "group",
      height: heightWithLegend(460, models.length),
      margin: { l: 56, r: 40, t: 40, b: 12 },
      xaxis: { title: { text: "metric", standoff: 6 }, showgrid: false, tickangle: 60, automargin: true },
      yaxis: { title: { text: "score (higher is better)" }, rangemode: "tozero" },
      showlegend: true,
      legend: LEGEND_BELOW,
    },
  };
}

const PATTERNS = ["", "/", "x", "-", "|", "."];
