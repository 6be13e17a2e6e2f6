/** Guided tour for a newcomer: five steps on bundled models, each a link with a sentence. */

import { html } from "../core/html.js";
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
    text: "Move z5: the object moves sideways; the other factors hardly change.",
    models: ["dsprites-annealed-to-beta4"],
    href: "/explore/dsprites-annealed-to-beta4?focus=5",
  },
  {
    title: "An entangled latent",
    text: "Move z5 of a plain VAE: the object moves in both directions at once.",
    models: ["dsprites-vae"],
    href: "/explore/dsprites-vae?focus=5",
  },
  {
    title: "A dead latent",
    text: "Move z0: the picture stays the same, because the model does not use this latent.",
    models: ["dsprites-annealed-to-beta4"],
    href: "/explore/dsprites-annealed-to-beta4?focus=0",
  },
  {
    title: "What beta costs",
    text: "A beta of 40 gives each hue a latent of its own; the pictures lose detail.",
    models: ["shapes3d-vae", "shapes3d-beta40"],
    href: "/compare?m=shapes3d-vae,shapes3d-beta40",
  },
  {
    title: "Two models side by side",
    text: "Both decode the same image; the correlations show which latents match which factors.",
    models: ["dsprites-vae", "dsprites-annealed-to-beta4"],
    href: "/compare?m=dsprites-vae,dsprites-annealed-to-beta4",
  },
];

/** Whether this browser keeps the tour closed. */
export const isClosed = () => readKept(KEY) === "closed";

/** Keep the tour closed in this browser. */
export const close = () => keep(KEY, "closed");

/**
 * The steps whose models the service has; nothing where there are none.
 * @param {(id: string) => boolean} has
 * @param {() => void} onClose
 */
export function tour(has, onClose) {
  const steps = STEPS.filter(({ models }) => models.every(has));
  if (!steps.length) return "";
  return html`
    <div class="tour-head">
      <h2>New here?</h2>
      <span class="grow"></span>
      <button type="button" class="btn" @click=${onClose}>Close the tour</button>
    </div>
    <ol>
      ${steps.map(
        ({ title, text, href }) =>
          html`<li>
            <a href=${href}>${title}</a>
            <span class="soft">${text}</span>
          </li>`,
      )}
    </ol>
  `;
}
