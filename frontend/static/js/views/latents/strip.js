/** The film strip of a row: frames of the traversal from the base point; the frame nearest to the slider is marked. */

import { el } from "../../dom.js";
import { rangeOf, spaced, withValue } from "../../math/latents.js";
import { drawFrames } from "../picture.js";

/**
 * @param {import("../../state/session.js").Session} session
 * @param {number} index
 */
export function createStrip(session, index) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const canvas = el("canvas", {
    class: "strip",
    width: width * store.get().steps,
    height,
    role: "img",
    "aria-label": `Film strip of z${index}`,
  });
  const mark = el("span", { class: "frame-mark" });
  const node = el("div", { class: "film", hidden: true, title: "Click a frame to go there" }, canvas, mark);
  /** @type {AbortController | null} */
  let work = null;
  let drawn = "";

  async function draw() {
    const state = store.get();
    node.hidden = !state.strips.includes(index);
    if (node.hidden) return;
    const values = spaced(...rangeOf(state.range, model.statistics[index], state.encoded[index]), state.steps);
    const base = session.basePoint();
    const key = `${base.join()}|${values.join()}|${index}`;
    if (key === drawn) return;
    work?.abort();
    const { signal } = (work = new AbortController());
    try {
      const frames = await decoder.many(
        values.map((value) => withValue(base, index, value)),
        signal,
      );
      if (signal.aborted) return;
      drawn = key;
      drawFrames(canvas, frames, width, height);
    } catch (error) {
      if (!signal.aborted) canvas.setAttribute("aria-label", `Film strip of z${index}: ${error}`);
    }
  }

  canvas.addEventListener("click", (event) => {
    const state = store.get();
    const values = spaced(...rangeOf(state.range, model.statistics[index], state.encoded[index]), state.steps);
    const at = Math.floor((event.offsetX / canvas.clientWidth) * values.length);
    session.setLatent(index, values[Math.min(values.length - 1, Math.max(0, at))]);
    session.commit();
  });

  store.on(["strips", "range", "steps", "base", "baseSeed", "pinned", "encoded"], draw);
  store.on(["step"], (s) => s.base === "current" && draw());
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
