/** The Plotly figure of the correlation heat map. */

import { spoken, unitless } from "../../core/format.js";
import { drawnTheme, token } from "../../core/theme.js";
import { matrixFrame, sideBars } from "./matrix-frame.js";

/** Signs of the kinds of factor that Pearson is not meant for; they look the same when slanted. */
export const FLAGS = { categorical: " ∷", cyclic: " ○", ordinal: "", continuous: "" };

/**
 * @param {import("../session.js").Session} session
 * @param {object} what
 * @param {number[][]} what.matrix [latent][factor]
 * @param {boolean} what.signed
 * @param {number[]} what.rows latent indices in the order of the rows
 * @param {ReturnType<typeof import("../../math/association.js").cbd>} what.gaps
 * @param {import("../../types").Sample} what.sample
 * @param {string} what.title of a saved figure
 * @returns {import("../../ui/chart.js").Figure}
 */
export function pccFigure(session, { matrix, signed, rows, gaps, sample, title }) {
  const values = rows.map((i) => matrix[i].map((v) => (signed ? v : Math.abs(v))));
  const columns = sample.factor_names.map((name, k) => spoken(name) + FLAGS[sample.factor_kinds[k]]);
  const { layout } = matrixFrame(session, { rows, columns, sides: ["gap", "gap"] });
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
      sideBars(
        rows.map((i) => gaps.rows[i]),
        true,
        "compactness",
      ),
      sideBars(gaps.columns, false, "modularity"),
    ],
    layout: {
      ...layout,
      meta: { title },
      annotations: values.flatMap((row, j) => row.map((value, k) => cellText(value, k, j, signed))),
    },
  };
}

/**
 * Colours of a heat map: from nearly nothing to hot, or blue to red through the surface's own white.
 * @param {boolean} signed
 */
function heatScale(signed) {
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
 * @param {number} value
 * @param {number} x
 * @param {number} y
 * @param {boolean} signed
 */
function cellText(value, x, y, signed) {
  const dark = drawnTheme() === "dark";
  const strong = Math.abs(value) > (dark ? 0.5 : 0.55);
  const weak = signed && !dark ? "#3a4352" : token("--soft");
  const color = strong ? (dark ? "#15181e" : "#ffffff") : weak;
  return {
    x,
    y,
    text: Number.isFinite(value) ? unitless(value) : "–",
    showarrow: false,
    font: { size: 11, family: token("--mono"), color },
  };
}
