/** Linked sliders: each moves the linked latents of all models, in their ranges and by their signs. */

import { el } from "../core/dom.js";
import { labelOf, unitless } from "../core/format.js";
import { compareRow } from "./layout.js";

const STRONG = 0.7;
const DESCRIPTIONS = {
  factor:
    "The slider of a factor moves, in each model, the latent that is assigned to the factor; ↕ marks the opposite sign.",
  matched: "Latents of the first model, and those of the others whose codes correlate most on the same images.",
  index: "The same index in all models, whatever factor it encodes.",
};

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
export function sliders(comparison, signal) {
  const cells = comparison.columns.map(() => el("div", { class: "links" }));
  const reset = el(
    "button",
    { type: "button", class: "btn", on: { click: () => comparison.reset() } },
    "Back to the input",
  );
  const row = compareRow("Linked sliders", "", cells, [reset]);
  /** @type {{draw: () => void}[]} */
  let links = [];
  const build = () => {
    const description = row.querySelector(".label p");
    if (description) description.textContent = DESCRIPTIONS[comparison.store.get().mode];
    links = [];
    comparison.columns.forEach((_, at) => {
      const rows = comparison.store.get().handles.map((handle, number) => link(comparison, handle, number, at));
      links.push(...rows);
      cells[at].replaceChildren(...rows.map(({ node }) => node));
    });
    draw();
  };
  const draw = () => links.forEach((one) => one.draw());
  comparison.store.on(["handles"], build, signal);
  comparison.store.on(["focus"], draw, signal);
  comparison.onColumns(["z"], draw, signal);
  build();
  return row;
}

/**
 * @param {import("./comparison.js").Comparison} comparison
 * @param {import("./matching.js").Handle} handle
 * @param {number} number
 * @param {number} at
 */
function link(comparison, handle, number, at) {
  const target = handle.targets[at];
  const label = labelOf(handle.label);
  if (!target) {
    const node = el(
      "div",
      { class: "link-row" },
      el("span", { class: "name" }, label),
      el("span", { class: "none" }, "no active latent"),
    );
    return { node, draw: () => {} };
  }
  const { model } = comparison.columns[at];
  const state = model.statistics[target.latent].state;
  const slider = el("input", {
    type: "range",
    min: "-1",
    max: "1",
    step: "0.01",
    "aria-label": `z${target.latent} ${label} of ${model.name}`,
    on: { input: () => comparison.move(number, Number(slider.value)) },
  });
  const strength = target.strength === null ? "" : ` ${unitless(target.strength)}`;
  const chip = el(
    "span",
    {
      class: state === "dead" ? "chip outline" : (target.strength ?? 1) >= STRONG ? "chip accent" : "chip",
      title: `z${target.latent}${target.strength === null ? "" : `, absolute correlation ${unitless(target.strength)}`}${target.sign < 0 ? ", opposite sign" : ""}${state === "dead" ? ", dead" : ""}`,
    },
    `z${target.latent}${target.sign < 0 ? "↕" : ""}${state === "dead" ? " dead" : strength}`,
  );
  const node = el(
    "div",
    { class: "link-row" },
    el("span", { class: "name" }, label),
    el("span", { class: "slide" }, slider),
    chip,
  );
  return {
    node,
    draw() {
      const value = comparison.position(number, at);
      if (document.activeElement !== slider || Math.abs(Number(slider.value) - value) > 0.011)
        slider.value = String(value);
      slider.setAttribute("aria-valuetext", comparison.columns[at].store.get().z[target.latent].toFixed(2));
      node.classList.toggle("on", comparison.store.get().focus === number);
    },
  };
}
