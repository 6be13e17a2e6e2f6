/** KL of each latent, largest first, and what the picture loses when only the first n are kept. */

import { modelPath } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { fixed } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { meanSquaredError } from "../../math/pixels.js";
import { token } from "../../core/theme.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel } from "../../ui/panel.js";
import { latest } from "../../core/latest.js";
import { drawPicture } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";

/** @typedef {import("../session.js").Session} Session */

const SHORT = { active: "", weak: " weak", dead: " dead", saturated: " sat." };

/** @param {Session} session */
export function createKl(session) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const order = orderOf("kl", model.statistics);
  const total = model.statistics.reduce((sum, s) => sum + s.kl_nats, 0);
  const chart = createChart("KL of each latent", {
    onClick: ({ customdata }) => customdata !== undefined && session.focusLatent(customdata),
  });
  const keep = el("input", {
    type: "range",
    min: "0",
    max: String(model.latents),
    step: "1",
    value: String(model.latents),
    "aria-label": "Keep the first n latents",
  });
  const shown = el("output", { class: "mono" });
  const canvas = el("canvas", { width, height, role: "img", "aria-label": "picture with the first n latents kept" });
  const note = el("p", { class: "note" });
  const use = el(
    "button",
    { class: "btn", type: "button", on: { click: () => session.setVector(kept()) } },
    "Use this point",
  );
  const kept = () => {
    const first = new Set(order.slice(0, Number(keep.value)));
    return store.get().encoded.map((value, i) => (first.has(i) ? value : session.mean[i]));
  };
  const decode = latest((_, /** @type {number[]} */ point) => decoder.live(point));
  async function cut() {
    if (!canvas.isConnected) return;
    const n = Number(keep.value);
    shown.textContent = `${n} of ${model.latents}`;
    const point = kept();
    const rgba = await decode(point);
    drawPicture(canvas, rgba, width, height);
    const { reconstruction } = store.get();
    const carried = order.slice(0, n).reduce((sum, i) => sum + model.statistics[i].kl_nats, 0);
    note.textContent = `The first ${n} carry ${fixed(carried, 2)} of ${fixed(total, 2)} nats; the others stand at their mean.${reconstruction ? ` MSE to the full reconstruction ${fixed(meanSquaredError(rgba, reconstruction), 4)}.` : ""}`;
    draw();
  }
  /** @returns {import("../../ui/chart.js").Figure} */
  const figure = () => ({
    data: [
      {
        type: "bar",
        x: order.map((_, n) => n),
        y: order.map((i) => model.statistics[i].kl_nats),
        customdata: order,
        marker: {
          color: order.map((_, n) => (n < Number(keep.value) ? token("--accent") : token("--line"))),
          line: { color: order.map((i) => (i === store.get().focus ? token("--text") : "rgba(0,0,0,0)")), width: 2 },
        },
        hovertemplate: "z%{customdata}: %{y:.3f} nats<extra></extra>",
      },
    ],
    layout: {
      height: 240,
      margin: { l: 48, r: 8, t: 8, b: 44 },
      bargap: 0.25,
      xaxis: {
        tickvals: order.map((_, n) => n),
        ticktext: order.map((i) => `z${i}${SHORT[model.statistics[i].state]}`),
        fixedrange: true,
        showgrid: false,
      },
      yaxis: { title: { text: "mean KL, nats per image", standoff: 8 }, fixedrange: true, rangemode: "tozero" },
    },
  });
  const draw = () => chart.draw(figure);
  keep.addEventListener("input", () => cut().catch(toastError));
  store.on(
    ["focus"],
    session.rest.later(() => chart.node.isConnected && draw()),
  );
  store.on(["encoded", "reconstruction"], () => cut().catch(toastError));
  const csv = () =>
    toCsv([
      ["latent", "kl_nats", "state"],
      ...order.map((i) => [`z${i}`, model.statistics[i].kl_nats, model.statistics[i].state]),
    ]);
  const panel = createPanel(
    {
      title: "KL per latent",
      name: `${model.id}-kl`,
      exports: () => ({ chart, csv, rest: `${modelPath(model.id)}/figures/kl` }),
    },
    chart.node,
    el("label", { class: "slide" }, keep, shown),
    el("div", { class: "keep" }, canvas, el("div", {}, note, use)),
  );
  return {
    node: panel.node,
    show() {
      draw();
      cut().catch(toastError);
    },
  };
}
