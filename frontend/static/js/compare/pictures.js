/** Shared input through all models: reconstruction, error, and the decoded point. */

import { isCopy } from "../core/api.js";
import { el } from "../core/dom.js";
import { fixed, thousands } from "../core/format.js";
import { drawnTheme, onTheme } from "../core/theme.js";
import { indexAt } from "../inference/input.js";
import { DARK, difference, WHITE } from "../math/pixels.js";
import { clearPicture, drawPicture } from "../ui/canvas.js";
import { createNumberField } from "../ui/number-field.js";
import { toast, toastError } from "../ui/toast.js";
import { compareRow } from "./layout.js";

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
export function pictures(comparison, signal) {
  const cells = comparison.columns.map((column) => cell(column, signal));
  const input = el("canvas", { width: 1, height: 1, role: "img", "aria-label": "Shared input" });
  const caption = el("p", { class: "mono" });
  const row = compareRow(
    "Same input, all models",
    isCopy()
      ? "An image of those that this copy contains."
      : "All models encode a picture that is dropped anywhere on this page.",
    cells,
    [el("div", { class: "shared-input" }, input, caption, tools(comparison, signal))],
  );
  const drawInput = () => {
    const first = comparison.columns.find(({ store }) => store.get().input);
    const pixels = first?.store.get().input;
    if (first && pixels) drawPicture(input, pixels, first.model.image_shape[1], first.model.image_shape[0]);
    else clearPicture(input);
    const { index, name } = comparison.store.get();
    caption.textContent = index >= 0 ? `image #${thousands(index)}` : name;
  };
  comparison.onColumns(["mean"], drawInput, signal);
  drawInput();
  dropAnywhere(row, comparison, signal);
  return row;
}

/** @param {import("./comparison.js").Column} column @param {AbortSignal} signal */
function cell(column, signal) {
  const [height, width] = column.model.image_shape;
  const picture = (/** @type {string} */ title, /** @type {string} */ label = title) => {
    const canvas = el("canvas", { width, height, role: "img", "aria-label": `${title} of ${column.model.name}` });
    const caption = el("figcaption", {}, label);
    return { canvas, caption, node: el("figure", {}, canvas, caption) };
  };
  const reconstruction = picture("Reconstruction", "Recon.");
  const error = picture("Error");
  const decoded = picture("Decoded z");
  const problem = el("p", { class: "notice bad", hidden: true });
  const node = el("div", {}, el("div", { class: "pictures" }, reconstruction.node, error.node, decoded.node), problem);
  /** @param {HTMLCanvasElement} canvas @param {Uint8ClampedArray<ArrayBuffer> | null} rgba */
  const show = (canvas, rgba) => (rgba ? drawPicture(canvas, rgba, width, height) : clearPicture(canvas));
  const drawPoint = () => {
    const { decoded: made, problem: why, fault } = column.store.get();
    show(decoded.canvas, made);
    decoded.node.classList.toggle("stale", Boolean(fault));
    problem.hidden = !(why || fault);
    problem.textContent = why || fault;
  };
  const drawInput = () => {
    const { input, reconstruction: made, error: mse } = column.store.get();
    show(reconstruction.canvas, made);
    show(error.canvas, made && input ? difference(made, input, drawnTheme() === "dark" ? DARK : WHITE) : null);
    const mseText = made && input ? el("span", { class: "mono" }, `MSE ${fixed(mse, 4)}`) : "";
    error.caption.replaceChildren("Error ", mseText);
  };
  column.store.on(["decoded", "problem", "fault"], drawPoint, signal);
  column.store.on(["input", "reconstruction"], drawInput, signal);
  onTheme(drawInput, signal);
  drawPoint();
  drawInput();
  return node;
}

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
function tools(comparison, signal) {
  const n_images = comparison.dataset?.n_images ?? 1;
  const go = (/** @type {number} */ index) => comparison.showIndex(index).catch(toastError);
  const random = () => (comparison.dataset ? indexAt(comparison.dataset, Math.random()) : 0);
  const number = createNumberField("Number of the shared image", n_images, go, (message) => toast(message, "bad"));
  const file = el("input", { type: "file", accept: "image/*", hidden: true });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen) comparison.showFile(chosen).catch(toastError);
  });
  const show = () => {
    const { index } = comparison.store.get();
    number.show(index >= 0 ? index : "");
  };
  comparison.store.on(["index"], show, signal);
  show();
  return el(
    "div",
    { class: "tools" },
    comparison.dataset && number.node,
    comparison.dataset && el("button", { type: "button", class: "btn", on: { click: () => go(random()) } }, "Random"),
    ...(isCopy()
      ? []
      : [el("button", { type: "button", class: "btn", on: { click: () => file.click() } }, "Upload"), file]),
  );
}

/**
 * @param {HTMLElement} row
 * @param {import("./comparison.js").Comparison} comparison
 * @param {AbortSignal} signal
 */
function dropAnywhere(row, comparison, signal) {
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    row.classList.add("drop-here");
  };
  const leave = (/** @type {DragEvent} */ { relatedTarget }) => relatedTarget || row.classList.remove("drop-here");
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    row.classList.remove("drop-here");
    const file = event.dataTransfer?.files[0];
    if (file) comparison.showFile(file).catch(toastError);
  };
  addEventListener("dragover", over, { signal });
  addEventListener("dragleave", leave, { signal });
  addEventListener("drop", drop, { signal });
}
