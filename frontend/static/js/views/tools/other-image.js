/** A second image of the data set, chosen by number or at random, with its code: for interpolation and swap. */

import { el } from "../../dom.js";
import { thousands } from "../../math/format.js";
import { normal, uniform } from "../../math/random.js";
import { encodeIndex, indexAt } from "../../state/input.js";
import { clearPicture, drawPicture } from "../picture.js";
import { toastError } from "../toast.js";

/** @typedef {{ code: number[], caption: string }} Other */

/**
 * @param {import("../../state/session.js").Session} session
 * @param {string} letter
 * @param {(other: Other) => void} onChange
 */
export function createOtherImage(session, letter, onChange) {
  const { model, dataset } = session;
  const [height, width] = model.image_shape;
  const canvas = el("canvas", { width, height, role: "img", "aria-label": `picture ${letter}` });
  const number = el("input", {
    type: "number",
    min: "0",
    max: String((dataset?.n_images ?? 1) - 1),
    "aria-label": `Number of image ${letter}`,
  });
  const caption = el("span", { class: "mono" });
  const random = el("button", { class: "btn", type: "button" }, "Random");
  const node = el(
    "figure",
    { class: "picture small" },
    canvas,
    el("figcaption", {}, el("b", {}, letter), caption),
    el("div", { class: "picker" }, dataset && number, random),
  );

  let asked = 0;
  /** The newest choice wins. @param {number} index */
  async function choose(index) {
    asked += 1;
    const mine = asked;
    try {
      const { pixels, mean } = await encodeIndex(model, index);
      if (mine !== asked) return;
      drawPicture(canvas, pixels, width, height);
      number.value = String(index);
      caption.textContent = `#${thousands(index)}`;
      onChange({ code: mean, caption: `#${thousands(index)}` });
    } catch (error) {
      toastError(error);
    }
  }
  /** @param {number} seed */
  async function prior(seed) {
    const code = normal(model.latents, seed);
    clearPicture(canvas);
    drawPicture(canvas, await session.decoder.live(code), width, height);
    caption.textContent = `prior ${seed}`;
    onChange({ code, caption: `prior sample ${seed}` });
  }
  const draw = () => {
    const at = Math.random();
    return dataset ? choose(indexAt(dataset, at)) : prior(Math.floor(at * 1e6));
  };
  random.addEventListener("click", draw);
  number.addEventListener("change", () => {
    const index = Number(number.value);
    if (dataset && Number.isInteger(index) && index >= 0 && index < dataset.n_images) choose(index);
  });
  return {
    node,
    /** The first one: the same at each visit, another than the input. */
    begin() {
      const at = uniform(session.store.get().input.index ?? 7)();
      return dataset ? choose(indexAt(dataset, at)) : prior(2);
    },
  };
}
