/** The Plotly figure of the correlation heat map. */

import { spoken, unitless } from "../../math/format.js";
import { drawnTheme, token } from "../../theme.js";

const FLAGS = { categorical: " ◆", cyclic: " ↻", ordinal: "", continuous: "" };

/**
 * @param {import("../../state/session.js").Session} session
 * @param {object} what
 * @param {number[][]} what.matrix [latent][factor]
 * @param {boolean} what.signed
 * @param {number[]} what.rows latent indices in the order of the rows
 * @param {ReturnType<typeof import("../../math/association.js").cbd>} what.gaps
 * @param {import("../../types").Sample} what.sample
 * @returns {import("../chart.js").Figure}
 */
export function pccFigure(session, { matrix, signed, rows, gaps, sample }) {
  const { focus, factor } = session.store.get();
  const values = rows.map((i) => matrix[i].map((v) => (signed ? v : Math.abs(v))));
  const columns = sample.factor_names.map((name, k) => spoken(name) + FLAGS[sample.factor_kinds[k]]);
  const at = rows.indexOf(focus);
  const soft = { size: 11, color: token("--soft") };
  const still = { fixedrange: true, showgrid: false, zeroline: false, ticks: "" };
  return {
    data: [
      {
        type: "heatmap",
        z: values,
        x: columns.map((_, k) => k),
        y: rows.map((_, j) => j),
        zmin: signed ? -1 : 0,
        zmax: 1,
        colorscale: heatScale(signed),
        showscale: false,
        xgap: 2,
        ygap: 2,
        customdata: rows.map((i) => sample.factor_names.map((name, k) => [i, k, spoken(name)])),
        hovertemplate: "z%{customdata[0]} and %{customdata[2]}: %{z:.3f}<extra></extra>",
      },
      bars(gaps.rows, rows, true),
      bars(gaps.columns, rows, false),
    ],
    layout: {
      height: 142 + 30 * rows.length,
      margin: { l: 76, r: 10, t: 74, b: 14 },
      xaxis: {
        ...still,
        domain: [0, 0.84],
        tickvals: columns.map((_, k) => k),
        ticktext: columns,
        side: "top",
        tickangle: -38,
      },
      yaxis: {
        ...still,
        domain: [0.13, 1],
        tickvals: rows.map((_, j) => j),
        ticktext: rows.map((i) => rowLabel(session, i)),
        autorange: "reversed",
      },
      xaxis2: {
        ...still,
        domain: [0.87, 1],
        anchor: "y",
        range: [0, 1],
        tickvals: [],
        title: { text: "gap", font: soft, standoff: 4 },
        side: "top",
      },
      yaxis2: {
        ...still,
        domain: [0, 0.1],
        anchor: "x",
        range: [0, 1],
        tickvals: [],
        title: { text: "gap", font: soft, standoff: 4 },
      },
      annotations: values.flatMap((row, j) => row.map((value, k) => cellText(value, k, j, signed))),
      shapes: [
        ...(at < 0 ? [] : [outline(-0.5, columns.length - 0.5, at, 1)]),
        ...(at < 0 || factor === null ? [] : [outline(factor - 0.5, factor + 0.5, at, 2.5)]),
      ],
      bargap: 0.55,
    },
  };
}

/**
 * Colours of a heat map: from nearly nothing to hot, or blue to red through the surface's own white.
 * @param {boolean} signed
 */
export function heatScale(signed) {
  const hot = token("--hot");
  if (!signed) {
    return [
      [0, `rgba(${hot},0.05)`],
      [1, `rgba(${hot},0.97)`],
    ];
  }
  return [
    [0, `rgb(${token("--cold")})`],
    [0.5, drawnTheme() === "dark" ? "rgb(28,33,42)" : "rgb(247,247,247)"],
    [1, `rgb(${hot})`],
  ];
}

/**
 * @param {import("../../state/session.js").Session} session
 * @param {number} index
 */
export function rowLabel({ model, store }, index) {
  const { names } = store.get();
  const weight = learnedWeight(model.learned_weights, index);
  const dead = model.statistics[index].state === "dead" ? " dead" : "";
  return `<b>z${index}</b>${names[index] ? ` ${names[index]}` : dead}${weight === null ? "" : ` (${weight.toFixed(2)})`} `;
}

/**
 * Learned weight of a latent: mdL-VAE has one per latent.
 * @param {Record<string, any>} learned
 * @param {number} index
 * @returns {number | null}
 */
export function learnedWeight(learned, index) {
  for (const value of Object.values(learned ?? {})) {
    if (Array.isArray(value) && value.length > 1 && value.length > index) return Number(value[index]);
  }
  return null;
}

/**
 * @param {number[]} gaps
 * @param {number[]} rows
 * @param {boolean} across beside the rows, else under the columns
 */
function bars(gaps, rows, across) {
  const values = across ? rows.map((i) => gaps[i]) : gaps;
  const places = values.map((_, i) => i);
  return {
    type: "bar",
    orientation: across ? "h" : "v",
    x: across ? values : places,
    y: across ? places : values,
    xaxis: across ? "x2" : "x",
    yaxis: across ? "y" : "y2",
    marker: { color: token("--faint") },
    hovertemplate: across ? "compactness %{x:.3f}<extra></extra>" : "modularity %{y:.3f}<extra></extra>",
  };
}

/**
 * @param {number} value
 * @param {number} x
 * @param {number} y
 * @param {boolean} signed
 */
export function cellText(value, x, y, signed) {
  const dark = drawnTheme() === "dark";
  const strong = Math.abs(value) > (dark ? 0.5 : 0.55);
  const weak = signed && !dark ? "#3a4352" : token("--soft");
  const color = strong ? (dark ? "#15181e" : "#ffffff") : weak;
  return {
    x,
    y,
    text: Math.abs(value) < 0.005 ? "" : unitless(value),
    showarrow: false,
    font: { size: 11, family: token("--mono"), color },
  };
}

/**
 * @param {number} x0
 * @param {number} x1
 * @param {number} row
 * @param {number} width
 */
function outline(x0, x1, row, width) {
  const line = { color: token("--accent"), width };
  return { type: "rect", xref: "x", yref: "y", x0, x1, y0: row - 0.5, y1: row + 0.5, line, layer: "above" };
}
