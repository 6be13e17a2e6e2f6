/** Film strip of a row: frames of the traversal from the base point, with a mark at the frame nearest to the slider. */

import { messageOf } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { rangeOf, spaced, withValue } from "../../math/latents.js";
import { isAbort, latest } from "../../core/latest.js";
import { clearPicture, drawFrames } from "../../ui/canvas.js";

/**
 * @param {import("../session.js").Session} session
 * @param {number} index
 * @param {AbortSignal} signal ends the strip
 */
export function createStrip(session, index, signal) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const label = `Film strip of z${index}`;
  const canvas = el("canvas", {
    class: "strip",
    width: width * store.get().steps,
    height,
    role: "img",
    "aria-label": label,
  });
  const mark = el("span", { class: "frame-mark" });
  const node = el("div", { class: "film", hidden: true, title: "Click a frame to go there" }, canvas, mark);
  let drawn = "";

  const decode = latest((newest, /** @type {number[][]} */ vectors) => decoder.many(vectors, newest));
  async function draw() {
    const state = store.get();
    node.hidden = !state.strips.includes(index);
    decode.cancel(); // also where no other strip is drawn
    if (node.hidden) return;
    const values = spaced(...rangeOf(state.range, model.statistics[index], state.encoded[index]), state.steps);
    const base = session.basePoint();
    const key = `${base.join()}|${values.join()}|${index}`;
    if (key === drawn) return;
    try {
      const frames = await decode(values.map((value) => withValue(base, index, value)));
      drawn = key;
      drawFrames(canvas, frames, width, height);
      canvas.setAttribute("aria-label", label);
    } catch (error) {
      if (isAbort(error)) return;
      drawn = "";
      clearPicture(canvas); // it may show frames of another point
      canvas.setAttribute("aria-label", `${label}: ${messageOf(error)}`);
    }
  }

  canvas.addEventListener("click", (event) => {
    const state = store.get();
    const values = spaced(...rangeOf(state.range, model.statistics[index], state.encoded[index]), state.steps);
    const at = Math.floor((event.offsetX / canvas.clientWidth) * values.length);
    session.setLatent(index, values[Math.min(values.length - 1, Math.max(0, at))]);
    session.commit();
  });

  store.on(["strips", "range", "steps", "base", "baseSeed", "pinned", "encoded"], draw, signal);
  store.on(["step"], (s) => s.base === "current" && draw(), signal);
  draw();
  return {
    node,
    /** @param {number} value @param {[number, number]} ends */
    mark(value, [low, high]) {
      const { steps } = store.get();
      const at = Math.round(((value - low) / (high - low)) * (steps - 1));
      mark.style.left = `${(100 * Math.min(steps - 1, Math.max(0, at))) / steps}%`;
      mark.style.width = `${100 / steps}%`;
    },
  };
}
