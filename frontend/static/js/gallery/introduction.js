/** Introduction of one minute, shown on the first visit until it is closed, with the guided tour. */

import { html } from "../core/html.js";
import { stepsOf } from "../ui/tour.js";

/**
 * @param {(id: string) => boolean} has whether the service has a model
 * @param {() => void} onClose
 */
export function introduction(has, onClose) {
  const steps = stepsOf(has).map(
    ({ title, text, href }) =>
      html`<li>
        <a href=${href}>${title}</a>
        <span class="soft">${text}</span>
      </li>`,
  );
  return html`
    <div class="tour-head">
      <h2>New here? Axiscope in one minute</h2>
      <span class="grow"></span>
      <button type="button" class="btn" @click=${onClose}>Close the introduction</button>
    </div>
    <p>
      A <a class="term" href="/glossary#vae">VAE</a> describes an image by a few numbers, its
      <a class="term" href="/glossary#latent">latents</a>, and draws the image again from them. Open a model, drag the
      slider of a latent, and the picture follows. If one thing changes and the rest stays, the latent is a
      <a class="term" href="/glossary#factor">factor</a> of the data: the model is
      <a class="term" href="/glossary#disentangled">disentangled</a>. The figures beside the picture and scores such as
      <a class="term" href="/glossary#mig">MIG</a> say how far that holds. Words with dots below them open the
      <a href="/glossary">glossary</a>.
    </p>
    ${steps.length ? html`<p><b>See it in five steps:</b></p>` : ""}
    ${
      steps.length
        ? html`<ol>
            ${steps}
          </ol>`
        : ""
    }
  `;
}
