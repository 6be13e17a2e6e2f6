/** Swap of chosen latents with another image: left A, right B, between them A with B's latents and B with A's. */

import { el } from "../../core/dom.js";
import { fixed, labelOf } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { createPanel } from "../../ui/panel.js";
import { latest } from "../../core/latest.js";
import { drawPicture } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";
import { createFrames } from "./frames.js";
import { createOtherImage } from "./other-image.js";

/** @typedef {import("../session.js").Session} Session */

/** @param {Session} session @param {AbortSignal} signal */
export function createSwap(session, signal) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  /** @type {import("./other-image.js").Other | null} */
  let other = null;
  /** @type {Set<number>} */
  const taken = new Set();
  const picker = createOtherImage(session, "B", (chosen) => {
    other = chosen;
    apply(false).catch(toastError);
  });
  const pictures = {
    a: picture("A", "picture A"),
    ab: picture("A with B’s", "A with latents of B"),
    ba: picture("B with A’s", "B with latents of A"),
  };
  const boxes = orderOf("kl", model.statistics)
    .filter((i) => model.statistics[i].state !== "dead")
    .map((i) => {
      const box = el("input", { type: "checkbox", "aria-label": `Take z${i} from B` });
      const values = el("span", { class: "mono soft" });
      box.addEventListener("change", () => {
        if (box.checked) taken.add(i);
        else taken.delete(i);
        session.focusLatent(i);
        apply(true).catch(toastError);
      });
      const best = model.statistics[i].best_factor;
      return {
        i,
        box,
        values,
        node: el(
          "label",
          { class: "take" },
          box,
          el("b", { class: "mono" }, `z${i}`),
          el("span", {}, best ? labelOf(best) : ""),
          values,
        ),
      };
    });
  const steps = createFrames(session, "From A to B, one latent after the other", (at) => session.setVector(path()[at]));

  const mixed = (/** @type {number[]} */ from, /** @type {number[]} */ into) =>
    into.map((value, i) => (taken.has(i) ? from[i] : value));
  /** Draw A, then A with one swapped latent more in each frame. */
  const path = () => {
    const a = store.get().encoded;
    const b = other?.code ?? a;
    const points = [a];
    for (const { i } of boxes)
      if (taken.has(i)) points.push(points[points.length - 1].map((v, k) => (k === i ? b[k] : v)));
    return points;
  };
  const decode = latest((newest, /** @type {number[][]} */ points) => decoder.many(points, newest));
  /** @param {boolean} commit */
  async function apply(commit) {
    if (!other || store.get().tool !== "swap") return;
    const a = store.get().encoded;
    for (const { i, values } of boxes) values.textContent = `${fixed(a[i])} → ${fixed(other.code[i])}`;
    if (commit) session.setVector(mixed(other.code, a));
    const [ab, ba] = await decode([mixed(other.code, a), mixed(a, other.code)]);
    drawPicture(pictures.ab.canvas, ab, width, height);
    drawPicture(pictures.ba.canvas, ba, width, height);
    below.hidden = taken.size === 0;
    if (taken.size) steps.draw(path()).catch(toastError);
  }
  const drawA = () => {
    const pixels = store.get().inputPixels ?? store.get().reconstruction;
    if (pixels) drawPicture(pictures.a.canvas, pixels, width, height);
    apply(false).catch(toastError);
  };
  store.on(["inputPixels", "encoded", "reconstruction"], drawA, signal);
  const all = el("button", { class: "btn", type: "button" }, "All");
  const none = el("button", { class: "btn", type: "button" }, "None");
  for (const [button, on] of /** @type {const} */ ([
    [all, true],
    [none, false],
  ])) {
    button.addEventListener("click", () => {
      for (const { i, box } of boxes) {
        box.checked = on;
        if (on) taken.add(i);
        else taken.delete(i);
      }
      apply(true).catch(toastError);
    });
  }
  const below = el(
    "div",
    { hidden: true },
    steps.node,
    el("p", { class: "note" }, "From A, the ticked latents taken from B one after the other."),
  );
  const panel = createPanel(
    {
      title: "Swap latents",
      term: "swap",
      name: `${model.id}-swap`,
      controls: [all, none],
      exports: () => steps.exports(`${model.id}-swap`),
    },
    el("div", { class: "swap" }, pictures.a.node, pictures.ab.node, pictures.ba.node, picker.node),
    el(
      "div",
      { class: "takes", role: "group", "aria-label": "Latents to take from B" },
      boxes.map((b) => b.node),
    ),
    below,
  );
  let begun = false;
  return {
    node: panel.node,
    show() {
      drawA();
      if (!begun) picker.begin();
      begun = true;
    },
  };
}

/** @param {string} title @param {string} label */
function picture(title, label) {
  const canvas = el("canvas", { width: 64, height: 64, role: "img", "aria-label": label });
  return { canvas, node: el("figure", { class: "picture small" }, canvas, el("figcaption", {}, el("b", {}, title))) };
}
