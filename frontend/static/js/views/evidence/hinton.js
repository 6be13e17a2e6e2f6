/** Hinton diagram of DCI: squares whose area is the importance of a latent for a factor; bars for D and C. */

import { modelPath } from "../../api.js";
import { el } from "../../dom.js";
import { spoken, unitless } from "../../math/format.js";
import { orderOf } from "../../math/latents.js";
import { token } from "../../theme.js";
import { createChart } from "../chart.js";
import { toCsv } from "../download.js";
import { createPanel, missing } from "../panel.js";
import { metricRow } from "./metric-rows.js";
import { rowLabel } from "./pcc-figure.js";

/** @typedef {import("../../state/session.js").Session} Session */

const CELL = 30;

/** @param {Session} session */
export function createHinton(session) {
  const { store, model } = session;
  const chart = createChart("Hinton diagram of DCI importances", {
    onClick: ({ customdata }) => customdata && session.focusLatent(customdata[0], customdata[1]),
  });
  const note = el("p", { class: "note" });
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  /** @type {import("../../types").MetricRow | null} */
  let row = null;
  const rows = () => {
    const { order, manual, importance } = store.get();
    return orderOf(order, model.statistics, { manual, importance });
  };
  const names = () => /** @type {string[]} */ (session.sample?.factor_names ?? model.factor_names);
  const draw = () => {
    if (row?.details) chart.draw(() => hintonFigure(session, /** @type {any} */ (row), rows(), names()));
  };
  async function show() {
    try {
      row = await metricRow(session, "dci");
    } catch (error) {
      place.replaceChildren(missing("The metrics could not be read", String(error)));
      return;
    }
    if (!row?.details?.importance) {
      const how = el("code", {}, `axiscope evaluate ${model.id} --metrics dci`);
      place.replaceChildren(
        missing("DCI has not been computed for this model", "Run ", how, " and open this tab again."),
      );
      return;
    }
    const importance = /** @type {number[][]} */ (row.details.importance);
    if (!store.get().importance) store.set({ importance: importance.map((r) => Math.max(...r)) });
    note.replaceChildren(
      el(
        "b",
        {},
        `D ${unitless(row.value)} · C ${unitless(row.details.completeness)} · I ${unitless(row.details.informativeness)}`,
      ),
      `. The area of a square is the importance of the latent for the factor; bars: D of each latent, C of each factor. n = ${(row.n ?? 0).toLocaleString("en-US")}, seed ${row.seed}.`,
    );
    place.replaceChildren(chart.node, note);
    draw();
  }
  store.on(["order", "manual", "focus", "names"], draw);
  const csv = () =>
    toCsv([["latent", ...names()], ...rows().map((i) => [`z${i}`, ...(row?.details?.importance[i] ?? [])])]);
  const panel = createPanel(
    {
      title: "Hinton diagram of DCI",
      name: `${model.id}-hinton`,
      exports: () => ({ ...(row ? { chart, csv } : {}), rest: `${modelPath(model.id)}/figures/hinton` }),
    },
    place,
  );
  return { node: panel.node, show };
}

/**
 * Disentanglement of each latent and completeness of each factor: 1 - entropy of the importances (Eastwood and
 * Williams 2018, eq. 1-2).
 * @param {number[]} values
 */
export function concentration(values) {
  const total = values.reduce((a, b) => a + b, 0);
  if (total <= 1e-12 || values.length < 2) return 0;
  const entropy = values.reduce((sum, v) => (v > 0 ? sum - (v / total) * Math.log(v / total) : sum), 0);
  return 1 - entropy / Math.log(values.length);
}

/**
 * @param {Session} session
 * @param {import("../../types").MetricRow} row
 * @param {number[]} rows
 * @param {string[]} names
 * @returns {import("../chart.js").Figure}
 */
function hintonFigure(session, row, rows, names) {
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
