/** Correlation of metrics over models, as a heat map on a scale fixed to [-1, 1]. */

import { correlate } from "../math/correlation.js";

/**
 * @param {{title: string, values: (number | null)[]}[]} columns metrics over the same models
 * @param {"spearman" | "pearson"} kind
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function correlationFigure(columns, kind, palette) {
  const titles = columns.map(({ title }) => title);
  const { value, n } = correlate(
    columns.map(({ values }) => values),
    kind,
  );
  const word = kind === "spearman" ? "rank correlation (Spearman)" : "correlation (Pearson)";
  return {
    data: [
      {
        type: "heatmap",
        z: value,
        x: titles,
        y: titles,
        customdata: n,
        text: value.map((row) => row.map((one) => (one === null ? "" : one.toFixed(2).replace(/^(-?)0\./, "$1.")))),
        texttemplate: "%{text}",
        textfont: { size: 11 },
        hovertemplate: "%{y}<br>%{x}<br>%{z:.3f} over %{customdata} models<extra></extra>",
        zmin: -1,
        zmax: 1,
        colorscale: palette.diverging,
        xgap: 2,
        ygap: 2,
        colorbar: {
          title: { text: "correlation", side: "right" },
          thickness: 10,
          outlinewidth: 0,
          tickvals: [-1, -0.5, 0, 0.5, 1],
        },
      },
    ],
    layout: {
      title: { text: `Metrics against each other: ${word}`, font: { size: 13 }, x: 0, xref: "paper" },
      margin: { l: 140, r: 10, t: 40, b: 120 },
      height: Math.max(360, 40 * titles.length + 160),
      xaxis: { title: { text: "metric" }, tickangle: -40, showgrid: false },
      yaxis: { title: { text: "" }, autorange: "reversed", showgrid: false },
    },
  };
}
