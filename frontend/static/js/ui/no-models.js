/** Content of a list of models while there is none: what would stand there, and the two ways to a first model. */

import { html } from "../core/html.js";

/**
 * @param {string} title what is missing
 * @param {string} text what will be shown here
 * @param {string} [train] address of the form of a run
 */
export const noModels = (title, text, train = "/jobs#new") =>
  html`<div class="empty">
    <b>${title}</b>${text}
    <p><a class="btn primary" href=${train}>Train a model</a> <a class="btn" href="/#import">Import a model</a></p>
  </div>`;
