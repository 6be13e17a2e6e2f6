/** Guided tour for a newcomer: five steps on bundled models, each a link with a sentence. */

import { el } from "../core/dom.js";
import { keep, readKept } from "../core/store.js";

const KEY = "axiscope.tour";

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} text
 * @property {string[]} models ids of the models that the link opens
 * @property {string} href
 */

/** @type {Step[]} */
export const STEPS = [
  {
    title: "A latent is a factor",
    text: "Move z2: the wall takes one hue after another; nothing else in the picture changes.",
    models: ["shapes3d-beta20"],
    href: "/explore/shapes3d-beta20?focus=2&tour=1",
  },
  {
    title: "An entangled latent",
    text: "Move z5 of a plain VAE: the object moves in both directions at once.",
    models: ["dsprites-vae"],
    href: "/explore/dsprites-vae?focus=5&tour=2",
  },
  {
    title: "A dead latent",
    text: "Move z0: the picture stays the same, because the model does not use this latent.",
    models: ["dsprites-beta-tcvae"],
    href: "/explore/dsprites-beta-tcvae?focus=0&tour=3",
  },
  {
    title: "What beta costs",
    text: "A beta of 20 gives each hue a latent of its own; the pictures lose detail.",
    models: ["shapes3d-vae", "shapes3d-beta20"],
    href: "/compare?m=shapes3d-vae,shapes3d-beta20&index=278722&tour=4",
  },
  {
    title: "Two models side by side",
    text: "Both decode the same image; the correlations show which latents match which factors.",
    models: ["dsprites-vae", "dsprites-beta-tcvae"],
    href: "/compare?m=dsprites-vae,dsprites-beta-tcvae&index=205328&tour=5",
  },
];

/** Whether this browser keeps introduction and tour closed. */
export const isClosed = () => readKept(KEY) === "closed";

/** Keep introduction and tour closed in this browser. */
export const close = () => keep(KEY, "closed");

/** Show introduction and tour on the page of the models again. */
export function reopen() {
  keep(KEY, null);
  location.assign("/");
}

/**
 * The steps whose models the service has.
 * @param {(id: string) => boolean} has
 */
export const stepsOf = (has) => STEPS.filter(({ models }) => models.every(has));

/**
 * Show the sentence of the step that the address names by `?tour=2`, with links to the steps before and after it.
 * @param {string} search as location.search
 */
export function showTourBar(search) {
  const at = Number(new URLSearchParams(search).get("tour")) - 1;
  const step = STEPS[at];
  if (!step) return;
  const link = (/** @type {string} */ text, /** @type {number} */ to, primary = false) =>
    STEPS[to] &&
    el("a", { class: primary ? "btn primary" : "btn", href: STEPS[to].href, title: STEPS[to].title }, text);
  const bar = el(
    "section",
    { class: "tour-bar", "aria-label": "Tour" },
    el("p", {}, el("b", {}, `${at + 1} of ${STEPS.length} · ${step.title}. `), step.text),
    el(
      "div",
      { class: "choices" },
      link("Back", at - 1),
      link("Next", at + 1, true) ?? el("a", { class: "btn primary", href: "/" }, "All models"),
      el("button", { class: "btn", type: "button", on: { click: () => bar.remove() } }, "Close the tour"),
    ),
  );
  document.body.append(bar);
}
