/** Pictures of the page: input, reconstruction, decoded point, difference. */

import { createLife, el, select } from "../../core/dom.js";
import { fixed } from "../../core/format.js";
import { DARK, WHITE, difference, meanSquaredError } from "../../math/pixels.js";
import { inputCaption } from "../session.js";
import { drawnTheme, onTheme } from "../../core/theme.js";
import { clearPicture, drawPicture } from "../../ui/canvas.js";

/** @typedef {import("../session.js").Session} Session */

const AGAINST = {
  inputPixels: "z − input",
  reconstruction: "z − recon.",
  error: "recon. − input",
};
const SCALE = "Difference: blue is less, red is more";

/**
 * @param {HTMLElement} root
 * @param {Session} session
 * @returns {() => void} destroy
 */
export function mountPictures(root, session) {
  const { signal, destroy } = createLife(root);
  const { store, decoder, model } = session;
  const [height, width] = model.image_shape;
  const input = picture("Input", "input");
  const recon = picture("Recon.", "reconstruction");
  const decoded = picture("Decoded z", "decoded");
  const delta = picture("Δ", "difference");
  decoded.node.classList.add("now");
  /** @type {keyof typeof AGAINST} */
  let against = "inputPixels";
  const which = select("Which difference", Object.entries(AGAINST), (value) => {
    against = /** @type {keyof typeof AGAINST} */ (value);
    drawDelta();
  });
  which.className = "plain";
  delta.caption.replaceChildren(which);
  delta.canvas.title = SCALE;
  root.append(...[input, recon, decoded, delta].map((p) => p.node));

  /** @param {ReturnType<typeof picture>} target @param {Uint8ClampedArray<ArrayBuffer> | null} rgba */
  const show = (target, rgba) => {
    if (rgba) drawPicture(target.canvas, rgba, width, height);
    else clearPicture(target.canvas);
  };
  const drawDelta = () => {
    const state = store.get();
    const from = against === "error" ? state.reconstruction : state.decoded;
    const to = against === "reconstruction" ? state.reconstruction : state.inputPixels;
    show(delta, from && to ? difference(from, to, drawnTheme() === "dark" ? DARK : WHITE) : null);
    const note = !to && against !== "reconstruction" ? "no input picture" : from && from === to ? "no difference" : "";
    if (note) delta.node.dataset.note = note;
    else delete delta.node.dataset.note;
  };
  const drawInput = () => {
    const { inputPixels, input: of } = store.get();
    show(input, inputPixels);
    input.caption.textContent = of.kind === "none" ? "none chosen" : inputCaption(of);
    input.node.classList.toggle("blank", !inputPixels);
  };
  const drawRecon = () => {
    const { reconstruction, inputPixels } = store.get();
    show(recon, reconstruction);
    const error = reconstruction && inputPixels ? meanSquaredError(reconstruction, inputPixels) : NaN;
    recon.caption.textContent = Number.isFinite(error) ? `MSE ${fixed(error, 4)}` : "";
    recon.caption.title = "Mean squared error per pixel and channel, values in 0 to 1";
    drawDelta();
  };
  const drawDecoded = () => {
    show(decoded, store.get().decoded);
    drawDelta();
  };
  store.on(["decoded"], drawDecoded, signal);
  store.on(["reconstruction", "inputPixels"], drawRecon, signal);
  store.on(["input", "inputPixels"], drawInput, signal);
  decoder.on(({ ms, problem }) => {
    decoded.caption.textContent = Number.isFinite(ms) ? `${fixed(ms, 1)} ms` : "";
    const stale = problem && !decoder.browser;
    decoded.node.classList.toggle("stale", Boolean(stale));
    if (stale) decoded.node.dataset.note = "An older point: the server does not answer";
    else delete decoded.node.dataset.note;
  }, signal);
  onTheme(drawDelta, signal);
  drawInput();
  drawRecon();
  return destroy;
}

/**
 * @param {string} title
 * @param {string} name
 */
function picture(title, name) {
  const canvas = el("canvas", {
    width: 64,
    height: 64,
    role: "img",
    "aria-label": `${name} picture`,
    dataset: { picture: name },
  });
  const caption = el("span", { class: "mono" });
  const node = el("figure", { class: "picture" }, canvas, el("figcaption", {}, el("b", {}, title), caption));
  return { node, canvas, caption };
}
