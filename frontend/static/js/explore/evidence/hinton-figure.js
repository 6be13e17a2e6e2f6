/** The Plotly figure of a Hinton diagram. */

import { spoken, unitless } from "../../core/format.js";
import { token } from "../../core/theme.js";
import { CELL, matrixFrame, sideBars } from "./matrix-frame.js";

const LEGEND_PIXELS = 34;

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
 * @param {import("../session.js").Session} session
 * @param {import("../../types").MetricRow} row
 * @param {number[]} rows
 * @param {string[]} names
 * @returns {import("../../ui/chart.js").Figure}
 */
export function hintonFigure(session, row, rows, names) {
  const importance = /** @type {number[][]} */ (row.details?.importance);
  const top = Math.max(...importance.flat(), 1e-9);
  const points = rows.flatMap((i, j) => names.map((name, k) => ({ i, j, k, name, value: importance[i][k] })));
  const columns = names.map(spoken);
  const frame = matrixFrame(session, { rows, columns, sides: ["D", "C"], foot: LEGEND_PIXELS });
  const { still } = frame;
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
      sideBars(
        rows.map((i) => concentration(importance[i])),
        true,
        "D of this latent",
      ),
      sideBars(
        names.map((_, k) => concentration(importance.map((r) => r[k]))),
        false,
        "C of this factor",
      ),
      {
        type: "scatter",
        mode: "markers+text",
        x: legend.map((_, n) => n),
        y: legend.map(() => 0),
        xaxis: "x3",
        yaxis: "y3",
        text: legend.map((v) => `  ${unitless(v * top)}`),
        textposition: "middle right",
        textfont: { size: 11, color: token("--soft") },
        hoverinfo: "skip",
        marker: {
          symbol: "square",
          color: token("--soft"),
          opacity: 1,
          line: { width: 0 },
          size: legend.map((v) => (CELL - 6) * Math.sqrt(v)),
        },
      },
    ],
    layout: {
      ...frame.layout,
      meta: { title: `DCI importances: ${totals(row)}` },
      xaxis3: { ...still, domain: [0, 0.84], anchor: "y3", range: [-0.4, 3], tickvals: [] },
      yaxis3: {
        ...still,
        domain: frame.footDomain,
        anchor: "x3",
        range: [-1, 1],
        tickvals: [],
        title: frame.title("size"),
      },
    },
  };
}

/** Disentanglement, completeness, informativeness. @param {import("../../types").MetricRow} row */
export const totals = ({ value, details }) =>
  `D ${unitless(value)} · C ${unitless(details?.completeness)} · I ${unitless(details?.informativeness)}`;
