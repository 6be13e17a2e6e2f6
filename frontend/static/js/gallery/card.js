/** Card of one model: traversals of its strongest latents, scores, and the box that chooses it for comparing. */

import { messageOf, modelPath, request, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { fixed, labelOf, unitless } from "../core/format.js";
import { html } from "../core/html.js";
import { recipe } from "../core/models.js";
import { NO_KL } from "../math/latents.js";
import { verificationBadge } from "../ui/verification-badge.js";

/** @typedef {import("../types").ModelSummary} ModelSummary */

const STRIPS = 3;
const FRAMES = 9;

/** Scores of a card: name in the answer, label, meaning; bounded ones have a meter. */
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
 * @param {ModelSummary} model
 * @param {{isChosen: boolean, onChoose: (isChosen: boolean) => boolean}} choice `onChoose` returns the new state
 */
export function modelCard(model, { isChosen, onChoose }) {
  const title = `name-${model.id}`;
  const choose = (/** @type {Event} */ { target }) => {
    const box = /** @type {HTMLInputElement} */ (target);
    box.checked = onChoose(box.checked);
  };
  return html`<article class="card model" aria-labelledby=${title} data-model=${model.id}>
    ${strips(model)}
    <div class="body">
      <label class="pick">
        <input type="checkbox" aria-label="Compare ${model.name}" .checked=${isChosen} @change=${choose} />
        Compare
      </label>
      <h2><a id=${title} href="/explore/${encodeURIComponent(model.id)}">${model.name}</a></h2>
      <p class="made">${recipe(model)}</p>
      <dl class="headline">${HEADLINE.map((score) => headlineScore(model, score))}</dl>
      <div class="states">${stateChips(model)} ${verificationBadge(model.id, model.verification)}</div>
    </div>
  </article>`;
}

/**
 * @param {ModelSummary} model
 * @param {typeof HEADLINE[0]} score
 */
function headlineScore(model, { name, label, meaning, bounded }) {
  const value = model.metrics?.[name]?.score ?? (name === "reconstruction" ? reconstruction(model) : null);
  const isKnown = typeof value === "number";
  const text = isKnown ? (bounded ? unitless(value) : fixed(value, 1)) : "–";
  const percent = isKnown ? 100 * Math.max(0, Math.min(1, value)) : 0;
  const hint = isKnown ? meaning : `${meaning}. Not computed yet: axiscope evaluate ${model.id}`;
  return html`<div title=${hint}>
    <dt>${label}</dt>
    <dd class=${isKnown ? "" : "none"}>${text}</dd>
    ${bounded ? html`<div class="meter" aria-hidden="true"><i style="width:${percent}%"></i></div>` : ""}
  </div>`;
}

/**
 * @param {ModelSummary} model
 * @returns {number | null}
 */
function reconstruction(model) {
  const parts = model.reconstruction ?? {};
  return parts.reconstruction_nats ?? parts.reconstruction ?? Object.values(parts)[0] ?? null;
}

/** @param {ModelSummary} model */
function stateChips(model) {
  if (!model.states) return html`<span class="chip">${model.latents} latents</span>`;
  const { active = 0, weak = 0, dead = 0, saturated = 0 } = model.states;
  return html`
    <span class="chip accent">${active} active of ${model.latents}</span>
    ${weak > 0 ? html`<span class="chip">${weak} weak</span>` : ""}
    ${saturated > 0 ? html`<span class="chip warn">${saturated} saturated</span>` : ""}
    ${dead > 0 ? html`<span class="chip outline">${dead} dead</span>` : ""}
  `;
}

/**
 * Traversals of the strongest latents, requested when the card is near the window. Canvases are painted once, so a
 * model keeps its node when its card is drawn again.
 * @param {ModelSummary} model
 */
function strips(model) {
  const node = painted.get(model) ?? createStrips(model);
  painted.set(model, node);
  return node;
}

/** @type {WeakMap<ModelSummary, HTMLElement>} */
const painted = new WeakMap();

/** @param {ModelSummary} model */
function createStrips(model) {
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
        el("span", {}, el("b", {}, `z${latent.index}`), latent.factor ? ` ${labelOf(latent.factor)}` : ""),
        latent.kl_nats === null
          ? el("span", { title: NO_KL }, "no KL")
          : el("span", { class: "mono" }, `KL ${fixed(latent.kl_nats, 1)}`),
      ),
    );
    return canvas;
  });
  whenNear(box, () => paint(model, shown, rows, box));
  return box;
}

/** @param {{index: number, factor: string | null}} latent */
const caption = (latent) => `z${latent.index}${latent.factor ? `, ${labelOf(latent.factor)}` : ""}`;

/**
 * @param {ModelSummary} model
 * @param {{index: number}[]} shown
 * @param {HTMLCanvasElement[]} rows
 * @param {HTMLElement} box
 */
async function paint(model, shown, rows, box) {
  const path = withQuery(`${modelPath(model.id)}/figures/traversal`, {
    dims: shown.map(({ index }) => index).join(","),
    steps: FRAMES,
    base: "typical",
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
    box.replaceChildren(el("p", { class: "none" }, `No traversal: ${messageOf(error)}`));
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
