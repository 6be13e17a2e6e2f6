/** Second image, chosen by number or at random, with its code: for interpolation and swap. */

import { el } from "../../core/dom.js";
import { thousands } from "../../core/format.js";
import { normal, uniform } from "../../math/random.js";
import { latest } from "../../core/latest.js";
import { encodeIndex, indexAt } from "../../inference/input.js";
import { createNumberField } from "../../ui/number-field.js";
import { drawPicture } from "../../ui/canvas.js";
import { toast, toastError } from "../../ui/toast.js";

/** @typedef {{ code: number[], caption: string }} Other */

/**
 * @param {import("../session.js").Session} session
 * @param {string} letter
 * @param {(other: Other) => void} onChange
 */
export function createOtherImage(session, letter, onChange) {
  const { model, dataset } = session;
  const [height, width] = model.image_shape;
  const canvas = el("canvas", { width, height, role: "img", "aria-label": `picture ${letter}` });
  const number = createNumberField(
    `Number of image ${letter}`,
    dataset?.n_images ?? 1,
    (index) => choose(index),
    (message) => toast(message, "bad"),
  );
  const caption = el("span", { class: "mono" });
  const random = el("button", { class: "btn", type: "button" }, "Random");
  const node = el(
    "figure",
    { class: "picture small" },
    canvas,
    el("figcaption", {}, el("b", {}, letter), caption),
    el("div", { class: "picker" }, dataset && number.node, random),
  );

  /** Load an image or a prior sample; the newest call wins. */
  const take = latest(
    /**
     * @param {AbortSignal} signal
     * @param {(signal: AbortSignal) => Promise<import("../../inference/input.js").Encoded>} find
     * @param {{ name: string, index?: number, caption?: string }} of `caption`: for sentences, else the name
     */
    async (signal, find, of) => {
      const { pixels, mean } = await find(signal);
      signal.throwIfAborted();
      drawPicture(canvas, pixels, width, height);
      number.show(of.index ?? "");
      caption.textContent = of.name;
      onChange({ code: mean, caption: of.caption ?? of.name });
    },
  );
  /** @param {number} index */
  const choose = (index) => {
    const of = { index, name: `#${thousands(index)}` };
    return take((signal) => encodeIndex(model, index, signal), of).catch(toastError);
  };
  /** @param {number} seed */
  const prior = (seed) => {
    const mean = normal(model.latents, seed);
    const of = { name: `prior ${seed}`, caption: `prior sample ${seed}` };
    return take(async () => ({ pixels: await session.decoder.live(mean), mean }), of).catch(toastError);
  };
  const draw = () => {
    const at = Math.random();
    return dataset ? choose(indexAt(dataset, at)) : prior(Math.floor(at * 1e6));
  };
  random.addEventListener("click", draw);
  return {
    node,
    /** Choose the first image: the same at each visit, and not the input. */
    begin() {
      const at = uniform(session.store.get().input.index ?? 7)();
      return dataset ? choose(indexAt(dataset, at)) : prior(2);
    },
  };
}
