/** KL of each latent, largest first, and what the picture loses when only the first n are kept. */

import { el } from "../../core/dom.js";
import { fixed } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { meanSquaredError } from "../../math/pixels.js";
import { token } from "../../core/theme.js";
import { latest } from "../../core/latest.js";
import { drawPicture } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";
import { figurePanel } from "./figure.js";

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createKl(session, signal) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const order = orderOf("kl", model.statistics);
  const hasKl = model.statistics.every(({ kl_nats }) => kl_nats !== null);
  const sumOf = (/** @type {number[]} */ some) => some.reduce((sum, i) => sum + (model.statistics[i].kl_nats ?? 0), 0);
  const total = sumOf(order);
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
    const share = hasKl
      ? `carry ${fixed(sumOf(order.slice(0, n)), 2)} of ${fixed(total, 2)} nats`
      : "have the largest variance";
    note.textContent = `The first ${n} ${share}; the others stand at their mean.${reconstruction ? ` MSE to the full reconstruction ${fixed(meanSquaredError(rgba, reconstruction), 4)}.` : ""}`;
    panel.draw();
  }
  const panel = figurePanel(session, signal, {
    title: "KL per latent",
    term: "kl",
    name: "kl",
    label: "KL of each latent",
    address: () => ["kl"],
    restyle: ({ data: [bars, share], layout }) => {
      const of = /** @type {number[]} */ (bars.customdata);
      const marker = {
        color: of.map((_, n) => (n < Number(keep.value) ? token("--accent") : token("--line"))),
        line: { color: of.map((i) => (i === store.get().focus ? token("--text") : "rgba(0,0,0,0)")), width: 2 },
      };
      return { data: [{ ...bars, marker }, share], layout };
    },
    rows: ({ data: [bars] }) => [
      ["latent", "kl_nats", "state"],
      ...bars.customdata.map((/** @type {number} */ i, /** @type {number} */ n) => [
        `z${i}`,
        bars.y[n],
        model.statistics[i].state,
      ]),
    ],
    react: {
      onClick: ({ data, customdata }) => data.type === "bar" && session.focusLatent(customdata),
    },
    rested: ["focus"],
    below: [
      el("label", { class: "slide" }, keep, shown),
      el("div", { class: "keep" }, canvas, el("div", {}, note, use)),
    ],
  });
  keep.addEventListener("input", () => cut().catch(toastError));
  store.on(["encoded", "reconstruction"], () => cut().catch(toastError), signal);
  return {
    node: panel.node,
    async show() {
      await panel.show();
      await cut().catch(toastError);
    },
  };
}
