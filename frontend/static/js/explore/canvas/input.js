/** Choice of the input: by factors, by number, at random, from a file, or from the prior. */

import { createLife, el } from "../../core/dom.js";
import { fromIndex, toIndex, valueText } from "../../math/factors.js";
import { labelOf } from "../../core/format.js";
import { freshSeed } from "../../math/random.js";
import { isCopy, locateImage } from "../../core/api.js";
import { indexAt } from "../../inference/input.js";
import { createLatest, latest } from "../../core/latest.js";
import { createNumberField } from "../../ui/number-field.js";
import { toast, toastError } from "../../ui/toast.js";

/** @typedef {import("../session.js").Session} Session */

/**
 * @param {HTMLElement} root
 * @param {Session} session
 * @returns {() => void} destroy
 */
export function mountInput(root, session) {
  const { signal, destroy } = createLife(root);
  const { dataset } = session;
  const file = el("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Picture file" });
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) session.loadFile(chosen, chosen.name).catch(toastError);
    file.value = "";
  });
  const buttons = [
    dataset && button("Random image", "I", () => randomImage(session)),
    button("Prior sample", "", () => session.loadPrior(freshSeed()).catch(toastError)),
    ...(isCopy() ? [] : [button("Upload …", "", () => file.click()), file]),
  ];
  root.append(
    el(
      "section",
      { class: "card", "aria-label": "Input" },
      el("div", { class: "bar" }, el("h2", {}, titleOf(dataset)), el("span", { class: "grow" }), buttons),
      dataset ? factorControls(session, signal) : noDataset(session.model),
    ),
  );
  acceptDrops(session, signal);
  return destroy;
}

/** @param {import("../../types").Dataset | null} dataset */
function titleOf(dataset) {
  const nearest = dataset?.factors.length && !dataset.complete && !isCopy();
  return nearest ? "Input closest to factors" : "Input";
}

/** @param {Session} session */
export function randomImage(session) {
  if (session.dataset) session.loadIndex(indexAt(session.dataset, Math.random())).catch(toastError);
}

/** @param {string} label @param {string} key @param {() => void} run */
function button(label, key, run) {
  return el("button", { class: "btn", type: "button", on: { click: run } }, label, key && el("kbd", {}, key));
}

/** @param {import("../../types").Model} model */
function noDataset({ dataset: name, dataset_title: title }) {
  const place = isCopy() ? "in this page" : "on this machine";
  const how = name && !isCopy() ? el("a", { href: `/data/${encodeURIComponent(name)}` }, "How to get them.") : "";
  return el(
    "div",
    { class: "empty" },
    el("b", {}, name ? `The images of ${title ?? name} are not ${place}` : "This model names no data set"),
    "Upload or drop a picture, or take a sample of the prior. ",
    how,
  );
}

/** @param {Session} session @param {AbortSignal} signal */
function factorControls(session, signal) {
  const dataset = /** @type {import("../../types").Dataset} */ (session.dataset);
  const { store } = session;
  const sizes = dataset.factors.map((factor) => factor.size);
  const load = createLatest(
    (/** @type {{ index: number, gesture: object }} */ { index, gesture }) => session.loadIndex(index, null, gesture),
    () => {},
    toastError,
  );
  // where a combination has no image, the service finds the nearest one
  const loadNearest = createLatest(
    (/** @type {{ factors: number[], gesture: object }} */ { factors, gesture }) =>
      session.loadNearest((signal) => locateImage(dataset, { factors }, signal), gesture),
    () => {},
    toastError,
  );
  const number = createNumberField(
    "Image number",
    dataset.n_images,
    (index) => load({ index, gesture: {} }),
    (message) => toast(message, "bad"),
  );
  /** The same object for all images of one drag of a slider, which share an entry of the history. */
  let gesture = {};
  const sliders = !isCopy()
    ? dataset.factors.map((factor, k) => {
        const value = el("b", { class: "mono" });
        const range = el("input", {
          type: "range",
          min: "0",
          max: String(factor.size - 1),
          step: "1",
          "aria-label": `Factor ${labelOf(factor.name)}`,
        });
        range.disabled = factor.size === 1;
        range.addEventListener("input", () => {
          draw(k, Number(range.value));
          const factors = sliders.map((s) => Number(s.range.value));
          if (dataset.complete) load({ index: toIndex(factors, sizes), gesture });
          else loadNearest({ factors, gesture });
        });
        for (const grasp of ["pointerdown", "focus"]) range.addEventListener(grasp, () => (gesture = {}));
        return { range, value, node: el("label", {}, labelOf(factor.name), value, range) };
      })
    : [];
  /** @param {number} k @param {number} at */
  const draw = (k, at) => {
    const factor = dataset.factors[k];
    sliders[k].value.textContent = valueText(factor, at);
    sliders[k].range.setAttribute("aria-valuetext", `${valueText(factor, at)}, ${at + 1} of ${factor.size}`);
  };
  const show = () => {
    const { input } = store.get();
    if (input.kind !== "index" || input.index === undefined) return;
    number.show(input.index);
    if (dataset.complete) mark(fromIndex(input.index, sizes));
    else if (sliders.length) locate(input.index).then(mark, toastError);
  };
  const locate = latest(
    async (newest, /** @type {number} */ index) => (await locateImage(dataset, { index }, newest)).factors,
  );
  /** @param {number[]} classes those of the image; a slider that has the focus is not moved */
  const mark = (classes) =>
    classes.forEach((at, k) => {
      const { range, value } = sliders[k];
      if (at < 0) value.textContent = "unknown";
      else draw(k, at);
      if (at >= 0 && range !== document.activeElement) range.value = String(at);
    });
  store.on(["input"], show, signal);
  show();
  return el(
    "div",
    { class: "factors" },
    sliders.map((s) => s.node),
    el("label", { class: "number" }, "image number", number.node),
  );
}

/** Take a picture file that is dropped anywhere on the page as input. @param {Session} session @param {AbortSignal} signal */
function acceptDrops(session, signal) {
  const hasFiles = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (/** @type {DragEvent} */ event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  };
  const leave = (/** @type {DragEvent} */ event) =>
    event.relatedTarget === null && document.body.classList.remove("dropping");
  const drop = (/** @type {DragEvent} */ event) => {
    document.body.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.type.startsWith("image/")) session.loadFile(file, file.name).catch(toastError);
    else toast(`got ${file.name}; allowed: PNG, JPEG, WebP, GIF; choose one`, "bad");
  };
  document.addEventListener("dragover", over, { signal });
  document.addEventListener("dragleave", leave, { signal });
  document.addEventListener("drop", drop, { signal });
}
