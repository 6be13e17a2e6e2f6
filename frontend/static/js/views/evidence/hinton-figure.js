/** The Plotly figure of a Hinton diagram. */

import { spoken, unitless } from "../../math/format.js";
import { token } from "../../theme.js";
import { rowLabel } from "./pcc-figure.js";

const CELL = 30;

/**
 * Disentanglement of each latent and completeness of each factor: 1 - entropy of the importances (Eastwood and
 * Williams 2018, eq. 1-2).
 * @param {number[]} values
 */
function concentration(values) {
  const total = values.reduce((a, b) => a + b, 0);
  if (total <= 1e-12 || values.length < 2) return 0;
  const entropy = values.reduce((sum, v) => (v > 0 ? sum - (v / total) * Math.log(v / total) : sum), 0);
  return 1 - entropy / Math.log(values.length);
}

/**
 * @param {import("../../state/session.js").Session} session
 * @param {import("../../types").MetricRow} row
 * @param {number[]} rows
 * @param {string[]} names
 * @returns {import("../chart.js").Figure}
 */
export function hintonFigure(session, row, rows, names) {
  const importance = /** @type {number[][]} */ (row.details?.importance);
  const top = Math.max(...importance.flat(), 1e-9);
  const focus = rows.indexOf(session.store.get().focus);
  const points = rows.flatMap((i, j) => names.map((name, k) => ({ i, j, k, name, value: importance[i][k] })));
  const still = { fixedrange: true, showgrid: false, zeroline: false, ticks: "" };
  const soft = { size: 11, color: token("--soft") };
  const legend = [1, 0.25, 0.04];
  return {
    data: [
      {
        type: "scatter",
        mode: "markers",
        x: points.map((p) => p.k),
        y: points.map((p) => p.j),
        marker: {
          symbol: "square",
          color: token("--accent"),
          opacity: 1,
          line: { width: 0 },
          size: points.map((p) => (CELL - 6) * Math.sqrt(Math.max(0, p.value) / top)),
        },
        customdata: points.map((p) => [p.i, p.k, spoken(p.name), p.value]),
        hovertemplate: "z%{customdata[0]} for %{customdata[2]}: %{customdata[3]:.3f}<extra></extra>",
      },
      {
        type: "bar",
        orientation: "h",
        x: rows.map((i) => concentration(importance[i])),
        y: rows.map((_, j) => j),
        xaxis: "x2",
        yaxis: "y",
        marker: { color: token("--faint") },
        hovertemplate: "D of this latent %{x:.3f}<extra></extra>",
      },
      {
        type: "bar",
        x: names.map((_, k) => k),
        y: names.map((_, k) => concentration(importance.map((r) => r[k]))),
        xaxis: "x",
        yaxis: "y2",
        marker: { color: token("--faint") },
        hovertemplate: "C of this factor %{y:.3f}<extra></extra>",
      },
      {
        type: "scatter",
        mode: "markers+text",
        x: legend.map((_, n) => n),
        y: legend.map(() => 0),
        xaxis: "x3",
        yaxis: "y3",
        text: legend.map((v) => `  ${unitless(v * top)}`),
        textposition: "middle right",
        textfont: soft,
        hoverinfo: "skip",
        marker: {
          symbol: "square",
          color: token("--soft"),
          opacity: 1,
          size: legend.map((v) => (CELL - 6) * Math.sqrt(v)),
        },
      },
    ],
    layout: {
      height: 176 + CELL * rows.length,
      margin: { l: 76, r: 10, t: 74, b: 6 },
      xaxis: {
        ...still,
        domain: [0, 0.84],
        range: [-0.5, names.length - 0.5],
        tickvals: names.map((_, k) => k),
        ticktext: names.map(spoken),
        side: "top",
        tickangle: -38,
      },
      yaxis: {
        ...still,
        domain: [0.24, 1],
        range: [rows.length - 0.5, -0.5],
        tickvals: rows.map((_, j) => j),
        ticktext: rows.map((i) => rowLabel(session, i)),
      },
      xaxis2: {
        ...still,
        domain: [0.87, 1],
        anchor: "y",
        range: [0, 1],
        tickvals: [],
        title: { text: "D", font: soft, standoff: 4 },
        side: "top",
      },
      yaxis2: {
        ...still,
        domain: [0.12, 0.22],
        anchor: "x",
        range: [0, 1],
        tickvals: [],
        title: { text: "C", font: soft, standoff: 4 },
      },
      xaxis3: { ...still, domain: [0, 0.84], anchor: "y3", range: [-0.4, 3], tickvals: [] },
      yaxis3: {
        ...still,
        domain: [0, 0.09],
        anchor: "x3",
        range: [-1, 1],
        tickvals: [],
        title: { text: "size", font: soft, standoff: 4 },
      },
      shapes:
        focus < 0
          ? []
          : [
              {
                type: "rect",
                xref: "x",
                yref: "y",
                x0: -0.5,
                x1: names.length - 0.5,
                y0: focus - 0.5,
                y1: focus + 0.5,
                line: { color: token("--accent"), width: 1 },
              },
            ],
      bargap: 0.55,
    },
  };
}
