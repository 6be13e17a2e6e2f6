/** Tuning: mean code and band per class of a factor, for the focused latent; or every image's code against the class. */

import { modelPath } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { columns } from "../../math/association.js";
import { valueText } from "../../math/factors.js";
import { spoken } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { thin, tuningCurve } from "../../math/tuning.js";
import { token } from "../../core/theme.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel } from "../../ui/panel.js";
import { needsSample } from "./no-sample.js";

/** @typedef {import("../session.js").Session} Session */

const POINTS = 1500;

/** @param {Session} session */
export function createTuning(session) {
  const { store, model, sample } = session;
  if (!sample?.factor_names.length) return needsSample(session, "Tuning curves");
  const codes = columns(sample.codes);
  const factors = columns(sample.factors);
  const view = el(
    "select",
    { "aria-label": "What is drawn" },
    el("option", { value: "curves" }, "one latent, all factors"),
    el("option", { value: "latents" }, "one factor, all latents"),
    el("option", { value: "points" }, "values, image by image"),
  );
  const chart = createChart("Tuning curves of latents over factors", {
    onClick: ({ data }) => data.meta && session.focusLatent(data.meta[0], data.meta[1]),
  });
  const note = el("p", { class: "note" });
  const alive = () => orderOf("kl", model.statistics).filter((i) => model.statistics[i].state !== "dead");
  const focus = () => store.get().focus;
  const factor = () =>
    store.get().factor ??
    Math.max(0, sample.factor_names.indexOf(model.statistics[store.get().focus]?.best_factor ?? ""));
  /** Pairs (latent, factor) of the small charts. @returns {[number, number][]} */
  const pairs = () => {
    if (view.value === "latents") return alive().map((i) => [i, factor()]);
    return sample.factor_names.map((_, k) => [focus(), k]);
  };
  const draw = () => {
    note.textContent =
      view.value === "latents"
        ? `E[z | ${spoken(sample.factor_names[factor()])}] of every live latent; the band is one standard deviation. Click a curve to focus its latent.`
        : view.value === "curves"
          ? `E[z${focus()} | factor]; the band is one standard deviation over ${sample.codes.length.toLocaleString("en-US")} images. A flat curve: the latent does not know the factor.`
          : `z${focus()} of ${Math.min(POINTS, sample.codes.length).toLocaleString("en-US")} images against the class of each factor.`;
    return chart.draw(() => figure(pairs()));
  };
  /** @param {[number, number][]} list @returns {import("../../ui/chart.js").Figure} */
  function figure(list) {
    const across = 2;
    const down = Math.ceil(list.length / across);
    /** @type {any} */
    const layout = {
      height: Math.max(220, 44 + 148 * down),
      margin: { l: 46, r: 10, t: 24, b: 28 },
      annotations: [],
      hovermode: "closest",
    };
    /** @type {any[]} */
    const data = [];
    list.forEach(([i, k], n) => {
      const x = `x${n ? n + 1 : ""}`;
      const y = `y${n ? n + 1 : ""}`;
      const left = (n % across) / across + (n % across ? 0.06 : 0);
      const right = left + 1 / across - 0.06;
      const top = 1 - Math.floor(n / across) / down;
      const domain = [Math.max(0, top - 1 / down + 0.24 / down), top - 0.1 / down];
      layout[`xaxis${n ? n + 1 : ""}`] = {
        domain: [left, right],
        anchor: y,
        fixedrange: true,
        showgrid: false,
        zeroline: false,
        tickangle: 0,
        ...ticks(k),
      };
      layout[`yaxis${n ? n + 1 : ""}`] = {
        domain,
        anchor: x,
        fixedrange: true,
        range: bounds(list.map(([d]) => d)),
        nticks: 4,
        zeroline: true,
        ...(n % across ? {} : { title: { text: view.value === "latents" ? "code" : `z${i}`, standoff: 2 } }),
      };
      layout.annotations.push({
        text: view.value === "latents" ? `<b>z${i}</b> over ${axisName(k)}` : axisName(k),
        x: left,
        xanchor: "left",
        y: top - 0.09 / down,
        xref: "paper",
        yref: "paper",
        yanchor: "bottom",
        showarrow: false,
        font: { size: 12 },
      });
      data.push(...(view.value === "points" ? [cloud(i, k, x, y)] : curve(i, k, x, y)));
    });
    const of = view.value === "latents" ? `the live latents over ${axisName(factor())}` : `z${focus()}`;
    layout.meta = { title: view.value === "points" ? `Codes of z${focus()} by factor` : `Tuning curves of ${of}` };
    return { data, layout };
  }
  const axisName = (/** @type {number} */ k) => {
    const unit = session.dataset?.factors[k]?.unit;
    return spoken(sample.factor_names[k]) + (unit ? ` [${unit}]` : "");
  };
  /** The class of a factor in words, without the unit. @param {number} k @param {number} at */
  const inWords = (k, at) => {
    const of = session.dataset?.factors[k];
    return of ? valueText({ ...of, unit: "" }, at) : String(at);
  };
  /** All classes of a small factor, else the ends and the middle. @param {number} k */
  const ticks = (k) => {
    const size = sample.factor_sizes[k];
    const at = size <= 3 ? Array.from({ length: size }, (_, c) => c) : [0, Math.floor((size - 1) / 2), size - 1];
    return { tickvals: at, ticktext: at.map((c) => inWords(k, c)) };
  };
  /** @param {number[]} latents */
  const bounds = (latents) => {
    const stats = latents.map((i) => model.statistics[i]);
    return [
      Math.min(...stats.map((s) => s.quantiles[0])) - 0.2,
      Math.max(...stats.map((s) => s.quantiles[s.quantiles.length - 1])) + 0.2,
    ];
  };
  /** @param {number} i @param {number} k @param {string} xaxis @param {string} yaxis */
  function curve(i, k, xaxis, yaxis) {
    const points = tuningCurve(codes[i], factors[k], sample?.factor_sizes[k] ?? 1);
    const x = points.map((_, c) => c);
    const colour = token("--accent");
    const common = { type: "scatter", xaxis, yaxis, meta: [i, k], x };
    return [
      { ...common, mode: "lines", y: points.map((p) => p.low), line: { width: 0 }, hoverinfo: "skip" },
      {
        ...common,
        mode: "lines",
        y: points.map((p) => p.high),
        line: { width: 0 },
        fill: "tonexty",
        fillcolor: token("--density"),
        hoverinfo: "skip",
      },
      {
        ...common,
        mode: "lines+markers",
        y: points.map((p) => p.mean),
        line: { color: colour, width: 2 },
        marker: { size: 4, color: colour },
        customdata: x.map((c) => inWords(k, c)),
        hovertemplate: `%{customdata}: %{y:.2f}<extra>z${i}</extra>`,
      },
    ];
  }
  /** @param {number} i @param {number} k @param {string} xaxis @param {string} yaxis */
  function cloud(i, k, xaxis, yaxis) {
    const rows = thin(codes[i].length, POINTS);
    const shift = (/** @type {number} */ n) => (((n * 0.618034) % 1) - 0.5) * 0.5;
    return {
      type: "scatter",
      mode: "markers",
      xaxis,
      yaxis,
      meta: [i, k],
      x: rows.map((n) => factors[k][n] + shift(n)),
      y: rows.map((n) => codes[i][n]),
      marker: { size: 3, color: token("--accent"), opacity: 0.35 },
      hovertemplate: "%{y:.2f}<extra></extra>",
    };
  }
  const csv = () =>
    toCsv([
      ["latent", "factor", "class", "n", "mean", "low", "high"],
      ...pairs().flatMap(([i, k]) =>
        tuningCurve(codes[i], factors[k], sample.factor_sizes[k]).map((p, c) => [
          `z${i}`,
          sample.factor_names[k],
          c,
          p.n,
          p.mean,
          p.low,
          p.high,
        ]),
      ),
    ]);
  view.addEventListener("change", draw);
  store.on(
    ["focus", "factor"],
    session.rest.later(() => chart.node.isConnected && draw()),
  );
  const panel = createPanel(
    {
      title: "Tuning",
      name: `${model.id}-tuning`,
      controls: [view],
      exports: () => ({ chart, csv, rest: `${modelPath(model.id)}/figures/tuning` }),
    },
    chart.node,
    note,
  );
  return { node: panel.node, show: draw };
}
