/** Interpolation from A, the input, to B, another image: along the line or along the great circle. */

import { el, select } from "../../core/dom.js";
import { linear, spaced, spherical } from "../../math/latents.js";
import { createPanel } from "../../ui/panel.js";
import { drawPicture } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";
import { createFrames } from "./frames.js";
import { createOtherImage } from "./other-image.js";

/** @typedef {import("../session.js").Session} Session */

const FRAMES = 9;

/** @param {Session} session @param {AbortSignal} signal */
export function createInterpolation(session, signal) {
  const { store, model } = session;
  const [height, width] = model.image_shape;
  const ways = ["linear", "spherical"].map((name) => [name, name]);
  const way = select("Way of interpolation", ways, () => {
    draw();
    go(Number(t.value), true);
  });
  const t = el("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.01",
    value: "0",
    "aria-label": "Position between A and B",
  });
  const shown = el("output", { class: "mono" }, "0.00");
  const a = el("canvas", { width, height, role: "img", "aria-label": "picture A" });
  /** @type {import("./other-image.js").Other | null} */
  let other = null;
  const picker = createOtherImage(session, "B", (chosen) => {
    other = chosen;
    draw();
  });
  const at = (/** @type {number} */ share) =>
    (way.value === "linear" ? linear : spherical)(store.get().encoded, other?.code ?? store.get().encoded, share);
  const frames = createFrames(session, "Frames from A to B", (frame) => go(frame / (FRAMES - 1), true));

  /** @param {number} share @param {boolean} commit */
  function go(share, commit) {
    t.value = String(share);
    shown.textContent = share.toFixed(2);
    session.setVector(at(share), commit);
  }
  const draw = () => {
    if (store.get().tool !== "interpolate") return;
    const { inputPixels, reconstruction } = store.get();
    const pixels = inputPixels ?? reconstruction;
    if (pixels) drawPicture(a, pixels, width, height);
    if (other) frames.draw(spaced(0, 1, FRAMES).map(at)).catch(toastError);
  };
  t.addEventListener("input", () => go(Number(t.value), false));
  t.addEventListener("change", () => session.commit());
  store.on(["encoded", "inputPixels", "reconstruction"], draw, signal);
  const panel = createPanel(
    {
      title: "Interpolation",
      term: "interpolation",
      name: `${model.id}-interpolation`,
      controls: [way],
      exports: () => frames.exports(`${model.id}-interpolation`),
    },
    el(
      "div",
      { class: "between" },
      el("figure", { class: "picture small" }, a, el("figcaption", {}, el("b", {}, "A"), el("span", {}, "input"))),
      el("label", { class: "slide" }, t, shown),
      picker.node,
    ),
    frames.node,
  );
  let begun = false;
  return {
    node: panel.node,
    show() {
      draw();
      if (!begun) picker.begin();
      begun = true;
    },
  };
}
