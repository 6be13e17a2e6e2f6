/** Parts around the cards: content of an empty gallery, models that cannot be used, and the bar of chosen models. */

import { html } from "../core/html.js";
import { MAX_COMPARED } from "../core/models.js";
import { command } from "../ui/panel.js";

/** How to get the first model. */
export const firstSteps = () =>
  html`<section class="card first-steps">
    <h2>No models yet</h2>
    <p class="soft">
      A model is an encoder and a decoder in the ONNX format with a manifest. There are two ways to get one.
    </p>
    <h3>Train one here</h3>
    <p>Fill in the form on the <a href="/jobs#new">Jobs page</a>, or in a terminal:</p>
    ${command("axiscope train --dataset dsprites --objective beta_tcvae --steps 20000 --out runs/first")}
    ${command("axiscope export runs/first")}
    <h3>Bring your own</h3>
    <p>
      Any encoder (image to mean and log-variance) and decoder (latent to image):
      <a href="#import">import them here</a>, or in a terminal:
    </p>
    ${command("axiscope import --encoder encoder.onnx --decoder decoder.onnx --name my-model --dataset dsprites")}
  </section>`;

/** @param {() => void} onReset */
export const nothingFound = (onReset) =>
  html`<div class="empty" style="grid-column: 1 / -1">
    <b>No model fits these filters</b>
    Search looks in the name, the data set, the objective and its settings.
    <button type="button" class="btn" @click=${onReset}>Show all models</button>
  </div>`;

/** @param {{id: string, problem?: string | null}[]} models */
export const brokenList = (models) =>
  html`<div class="card broken">
    <h2>${models.length === 1 ? "1 model" : `${models.length} models`} cannot be used</h2>
    <p class="soft">They stay where they are; the reason names what would correct them.</p>
    <ul>
      ${models.map(
        ({ id, problem }) =>
          html`<li>
            <b class="mono">${id}</b>
            <span class="reason">${problem ?? "no reason given"}</span>
          </li>`,
      )}
    </ul>
  </div>`;

/**
 * @param {{id: string, name: string}[]} chosen
 * @param {{onDrop: (id: string) => void, onClear: () => void}} actions
 */
export function selectionBar(chosen, { onDrop, onClear }) {
  const chips = chosen.map(
    ({ id, name }) =>
      html`<span class="chip accent">
        ${name}<button type="button" aria-label="Remove ${name}" @click=${() => onDrop(id)}>×</button>
      </span>`,
  );
  const compare = html`<a
    class="btn primary"
    href="/compare?m=${chosen.map(({ id }) => encodeURIComponent(id)).join(",")}"
    >Compare ${chosen.length} models</a
  >`;
  return html`
    <span><b>${chosen.length} of ${MAX_COMPARED}</b> chosen</span>
    ${chips}
    <span class="grow"></span>
    <button type="button" class="btn" @click=${onClear}>Clear</button>
    ${chosen.length >= 2 ? compare : html`<span class="soft">Choose one more to compare</span>`}
  `;
}
