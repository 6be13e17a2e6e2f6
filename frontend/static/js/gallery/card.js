/** One model of the gallery: what its strongest latents do, its scores, and the box that chooses it for comparing. */

import { modelPath, request, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { fixed, spoken, unitless } from "../core/format.js";
import { recipe } from "../core/models.js";

const STRIPS = 3;
const FRAMES = 9;

/** Scores that a card shows: name in the answer, label, meaning, digits; bounded ones get a meter. */
const HEADLINE = [
  { name: "mig", label: "MIG", meaning: "Mutual information gap, 0 to 1, higher is better", bounded: true },
  { name: "dci", label: "DCI D", meaning: "DCI disentanglement, 0 to 1, higher is better", bounded: true },
  { name: "cbd", label: "CbD", meaning: "Correlation-based disentanglement, 0 to 1, higher is better", bounded: true },
  {
    name: "reconstruction",
    label: "Recon.",
    meaning: "Reconstruction error, nats per image, lower is better",
    bounded: false,
  },
];

/**
 * @param {import("../types").ModelSummary} model
 * @param {{chosen: boolean, onChoose: (chosen: boolean) => void}} choice
 * @returns {HTMLElement}
 */
export function modelCard(model, { chosen, onChoose }) {
  const title = `name-${model.id}`;
  return el(
    "article",
    { class: "card model", "aria-labelledby": title, dataset: { model: model.id } },
    strips(model),
    el(
      "div",
      { class: "body" },
      el(
        "label",
        { class: "pick" },
        el("input", {
          type: "checkbox",
          checked: chosen,
          "aria-label": `Compare ${model.name}`,
          on: {
            change: (/** @type {Event} */ event) => onChoose(/** @type {HTMLInputElement} */ (event.target).checked),
          },
        }),
        "Compare",
      ),
      el("h2", {}, el("a", { id: title, href: `/explore/${encodeURIComponent(model.id)}` }, model.name)),
      el("p", { class: "made" }, recipe(model)),
      headline(model),
      states(model),
    ),
  );
}

/** @param {import("../types").ModelSummary} model */
function headline(model) {
  return el(
    "dl",
    { class: "headline" },
    HEADLINE.map(({ name, label, meaning, bounded }) => {
      const value = model.metrics?.[name]?.score ?? (name === "reconstruction" ? reconstruction(model) : null);
      const known = typeof value === "number";
      return el(
        "div",
        { title: known ? meaning : `${meaning}. Not computed yet: axiscope evaluate ${model.id}` },
        el("dt", {}, label),
        el("dd", { class: known ? "" : "none" }, known ? (bounded ? unitless(value) : fixed(value, 1)) : "–"),
        bounded &&
          el(
            "div",
            { class: "meter", "aria-hidden": "true" },
            el("i", { style: `width:${known ? 100 * Math.max(0, Math.min(1, value)) : 0}%` }),
          ),
      );
    }),
  );
}

/**
 * @param {import("../types").ModelSummary} model
 * @returns {number | null}
 */
function reconstruction(model) {
  const parts = model.reconstruction ?? {};
  return parts.reconstruction_nats ?? parts.reconstruction ?? Object.values(parts)[0] ?? null;
}

/** @param {import("../types").ModelSummary} model */
function states(model) {
  const { active = 0, weak = 0, dead = 0, saturated = 0 } = model.states ?? {};
  if (!model.states) return el("div", { class: "states" }, el("span", { class: "chip" }, `${model.latents} latents`));
  return el(
    "div",
    { class: "states" },
    el("span", { class: "chip accent" }, `${active} active of ${model.latents}`),
    weak > 0 && el("span", { class: "chip" }, `${weak} weak`),
    saturated > 0 && el("span", { class: "chip warn" }, `${saturated} saturated`),
    dead > 0 && el("span", { class: "chip outline" }, `${dead} dead`),
  );
}

/**
 * Traversals of the strongest latents; fetched when the card comes near the window.
 * @param {import("../types").ModelSummary} model
 */
function strips(model) {
  const shown = (model.top_latents ?? []).slice(0, STRIPS);
  const box = el("div", { class: "strips" });
  if (!shown.length) {
    box.append(el("p", { class: "none" }, "No latent statistics, so no traversal to show here."));
    return box;
  }
  const [height, width] = model.image_shape ?? [0, 0];
  const rows = shown.map((latent) => {
    const canvas = el("canvas", {
      width: width * FRAMES,
      height,
      role: "img",
      "aria-label": `Traversal of ${caption(latent)}`,
    });
    canvas.style.aspectRatio = `${width * FRAMES} / ${height}`;
    box.append(
      canvas,
      el(
        "div",
        { class: "what" },
        el("span", {}, el("b", {}, `z${latent.index}`), latent.factor ? ` ${spoken(latent.factor)}` : ""),
        el("span", { class: "mono" }, `KL ${fixed(latent.kl_nats, 1)}`),
      ),
    );
    return canvas;
  });
  whenNear(box, () => paint(model, shown, rows, box));
  return box;
}

/** @param {{index: number, factor: string | null}} latent */
const caption = (latent) => `z${latent.index}${latent.factor ? `, ${spoken(latent.factor)}` : ""}`;

/**
 * @param {import("../types").ModelSummary} model
 * @param {{index: number}[]} shown
 * @param {HTMLCanvasElement[]} rows
 * @param {HTMLElement} box
 */
async function paint(model, shown, rows, box) {
  const path = withQuery(`${modelPath(model.id)}/figures/traversal`, {
    dims: shown.map(({ index }) => index).join(","),
    steps: FRAMES,
    v: model.version,
  });
  try {
    const answer = await request(path, { headers: { Accept: "image/png" } });
    const sheet = await createImageBitmap(await answer.blob());
    const [height] = model.image_shape ?? [0];
    const pitch = rows.length > 1 ? (sheet.height - height) / (rows.length - 1) : height;
    rows.forEach((canvas, row) => {
      const context = canvas.getContext("2d");
      context?.drawImage(sheet, 0, row * pitch, sheet.width, height, 0, 0, canvas.width, canvas.height);
      canvas.dataset.painted = "1";
    });
    sheet.close();
  } catch (error) {
    box.replaceChildren(el("p", { class: "none" }, `No traversal: ${error instanceof Error ? error.message : error}`));
  }
}

/**
 * @param {Element} element
 * @param {() => void} run once, when the element is within a screen of the window
 */
function whenNear(element, run) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      run();
    },
    { rootMargin: "400px" },
  );
  observer.observe(element);
}
