/** Factor browser: one slider per factor, the true image, and a strip of the values of each factor. */

import { locateImage, request, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { createLatest } from "../core/latest.js";
import { labelOf, thousands } from "../core/format.js";
import { sweepIndices, toIndex, valueText } from "../math/factors.js";
import { toastError } from "../ui/toast.js";

/** More frames of a strip cannot be distinguished. */
const MAX_FRAMES = 24;

/**
 * @param {import("../types").Dataset} dataset
 * @param {{get: () => number[], set: (classes: number[]) => void, commit: () => void}} classes the chosen combination
 * @returns {{node: HTMLElement, draw: () => void, strips: () => void}} `draw` after any change, `strips` after a commit
 */
export function factorBrowser(dataset, classes) {
  const sizes = dataset.factors.map((factor) => factor.size);
  const image = el("img", { alt: "" });
  image.addEventListener("error", () => {
    image.alt = ""; // a broken image would show its text
    caption.textContent = "The service does not answer: no picture of this combination";
  });
  const caption = el("span", { class: "mono soft" });
  const random = () => {
    classes.set(sizes.map((size) => Math.floor(Math.random() * size)));
    classes.commit();
  };
  const rows = dataset.factors.map((factor, at) => factorRow(dataset, factor, at, classes));
  const node = el(
    "section",
    { class: "card", "aria-label": "Factor browser" },
    el(
      "div",
      { class: "bar" },
      el("h2", {}, "Factor browser"),
      el(
        "span",
        { class: "soft" },
        dataset.complete ? "the true image of each combination" : "the image closest to each combination",
      ),
    ),
    el(
      "div",
      { class: "browser" },
      el(
        "div",
        { class: "true-image" },
        image,
        el(
          "div",
          { class: "under" },
          caption,
          el("button", { type: "button", class: "btn", on: { click: random } }, "Random"),
        ),
      ),
      el(
        "div",
        {},
        rows.map((row) => row.node),
      ),
    ),
  );
  /** @param {number} index @param {number[]} found its factors, -1 where unknown */
  const show = (index, found) => {
    const values = dataset.factors.map(
      (factor, at) => `${labelOf(factor.name)} ${found[at] < 0 ? "unknown" : valueText(factor, found[at])}`,
    );
    image.src = withQuery(dataset.links.images, { index });
    image.alt = values.join(", ");
    caption.textContent = [`image #${thousands(index)}`, ...(dataset.complete ? [] : values)].join(", ");
  };
  const lookUp = createLatest(
    (/** @type {number[]} */ factors) => locateImage(dataset, { factors }),
    ({ index, factors }) => show(index, factors),
    toastError,
  );
  const draw = () => {
    const now = classes.get();
    rows.forEach((row) => row.draw());
    if (!sizes.length) show(Math.floor(Math.random() * dataset.n_images), []);
    else if (dataset.complete) show(toIndex(now, sizes), now);
    else lookUp(now);
  };
  return { node, draw, strips: () => rows.forEach((row) => row.strip()) };
}

/**
 * @param {import("../types").Dataset} dataset
 * @param {import("../types").Factor} factor
 * @param {number} at
 * @param {{get: () => number[], set: (classes: number[]) => void, commit: () => void}} classes
 */
function factorRow(dataset, factor, at, classes) {
  const name = labelOf(factor.name);
  const output = el("output", {});
  const set = (/** @type {number} */ value) => classes.set(classes.get().map((old, k) => (k === at ? value : old)));
  const slider = el("input", {
    type: "range",
    min: "0",
    max: String(factor.size - 1),
    step: "1",
    "aria-label": name,
    on: { input: () => set(Number(slider.value)), change: () => classes.commit() },
  });
  const frames = spread(factor.size);
  const canvas = el("canvas", { height: 1, width: 1 });
  const marker = el("u", {});
  const strip = el(
    "div",
    {
      class: "value-strip",
      "aria-hidden": "true",
      on: {
        click: (/** @type {Event} */ event) => {
          const box = canvas.getBoundingClientRect();
          const pointer = /** @type {MouseEvent} */ (event);
          const share = (pointer.clientX - box.left) / box.width;
          set(frames[Math.max(0, Math.min(frames.length - 1, Math.floor(share * frames.length)))]);
          classes.commit();
        },
      },
    },
    canvas,
    marker,
  );
  strip.hidden = !dataset.complete;
  const node = el(
    "div",
    { class: "factor-row" },
    el("span", {}, el("b", {}, name), el("span", { class: "kind" }, `${factor.kind}, ${factor.size} values`)),
    el("span", { class: "slide" }, slider),
    output,
    strip,
  );
  return {
    node,
    draw() {
      const value = classes.get()[at];
      const text = valueText(factor, value);
      slider.value = String(value);
      slider.setAttribute("aria-valuetext", text);
      output.replaceChildren(text, el("small", {}, `${value + 1} of ${factor.size}`));
      const nearest = frames.reduce(
        (best, frame, k) => (Math.abs(frame - value) < Math.abs(frames[best] - value) ? k : best),
        0,
      );
      marker.style.left = `${(100 * nearest) / frames.length}%`;
      marker.style.width = `${100 / frames.length}%`;
    },
    strip() {
      if (!dataset.complete) return;
      const indices = sweepIndices(
        classes.get(),
        dataset.factors.map(({ size }) => size),
      )[at];
      paint(
        dataset,
        frames.map((frame) => indices[frame]),
        canvas,
        strip,
      );
    },
  };
}

/**
 * @param {number} size
 * @returns {number[]} at most MAX_FRAMES values, evenly spaced, both ends included
 */
function spread(size) {
  const frames = Math.min(size, MAX_FRAMES);
  return Array.from({ length: frames }, (_, k) => Math.round((k * (size - 1)) / Math.max(1, frames - 1)));
}

/**
 * @param {import("../types").Dataset} dataset
 * @param {number[]} indices
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} strip hidden if the pictures do not come
 */
async function paint(dataset, indices, canvas, strip) {
  const key = indices.join(",");
  if (canvas.dataset.indices === key) return;
  canvas.dataset.indices = key;
  try {
    const path = withQuery(dataset.links.images, { index: key, columns: indices.length });
    const answer = await request(path, { headers: { Accept: "image/png" } });
    const sheet = await createImageBitmap(await answer.blob());
    if (canvas.dataset.indices !== key) return;
    canvas.width = sheet.width;
    canvas.height = sheet.height;
    canvas.style.maxWidth = `${indices.length * 56}px`;
    strip.style.maxWidth = canvas.style.maxWidth;
    canvas.getContext("2d")?.drawImage(sheet, 0, 0);
    sheet.close();
  } catch {
    strip.hidden = true;
  }
}
