/** Panel of the latents that move with a factor: its values are encoded while the other factors stay. */

import { messageOf, sendJson, withQuery } from "../core/api.js";
import { fixed, labelOf, unitless } from "../core/format.js";
import { html, render } from "../core/html.js";
import { latest } from "../core/latest.js";
import { movementFigure } from "../figures/movement.js";
import { valueText } from "../math/factors.js";
import { movement, sweepIndices } from "../math/factors.js";
import { information } from "../math/latents.js";
import { figurePanel } from "../ui/figure-panel.js";
import { selectField } from "../ui/filters.js";
import { heatCell } from "../ui/colours.js";
import { noModels } from "../ui/no-models.js";
import { toastError } from "../ui/toast.js";

const BATCH = 256;
const MAX_CURVES = 3;

/**
 * @typedef {import("../types").Dataset} Dataset
 * @typedef {import("../types").Model} Model
 * @typedef {{codes: number[][][], moved: number[][]}} Sweeps per factor: posterior means (values, latents), movement (latents)
 */

/**
 * @param {Dataset} dataset
 * @param {{id: string, name: string}[]} models of this data set
 * @param {import("../core/store.js").Store<any>} store classes, committed, model, factor
 * @param {(id: string) => Promise<Model>} load
 */
export function movementPanel(dataset, models, store, load) {
  const node = Object.assign(document.createElement("section"), { className: "card", ariaLabel: "Which latents move" });
  /** @type {{model: Model, sweeps: Sweeps} | null} */
  let measured = null;
  let failure = "";
  let isBusy = false;
  /** @type {ReturnType<typeof curvePanel> | null} */
  let curves = null;

  const measure = latest(async (signal) => {
    const { model: id, classes } = store.get();
    const before = measured;
    failure = "";
    isBusy = Boolean(id);
    if (!id) {
      measured = null;
      return refresh();
    }
    draw();
    try {
      const model = before && before.model.id === id ? before.model : await load(id);
      const sweeps = await encodeSweeps(model, dataset, classes, signal);
      signal.throwIfAborted();
      measured = { model, sweeps };
    } catch (error) {
      signal.throwIfAborted();
      measured = null;
      failure = messageOf(error);
      throw error;
    } finally {
      if (!signal.aborted) {
        isBusy = false;
        refresh();
      }
    }
  });

  /** @type {import("../core/html.js").Content} */
  let body = "";
  function refresh() {
    curves?.destroy();
    curves = null;
    body = content();
    draw();
    /** @type {ReturnType<typeof curvePanel> | null} */ (curves)?.draw();
  }
  function draw() {
    const options = [["", "choose a model"], ...models.map(({ id, name }) => [id, name])];
    const template = html`
      <div class="bar">
        <h2>Which latents move when a factor moves</h2>
        <span class="grow"></span>
        ${selectField("Model", options, store.get().model ?? "", (model) => store.set({ model }))}
      </div>
      <div aria-busy=${String(isBusy)}>${body}</div>
    `;
    render(template, node);
  }
  function content() {
    if (!dataset.complete)
      return html`<p class="empty">
        This data set has no image for every combination, so a factor cannot move alone.
      </p>`;
    if (failure) return html`<p class="empty">${failure}</p>`;
    if (!measured) return isBusy ? "" : noModel(dataset, models.length);
    const { factor, classes } = store.get();
    const { model, sweeps } = measured;
    curves = curvePanel(dataset, model, sweeps, factor, classes[factor]);
    const others = dataset.factors.filter((_, at) => at !== factor).map(({ name }) => labelOf(name));
    return html`<div class="movement">
      <div>
        <div class="scroll-x">${movementTable(model, dataset, sweeps, factor, (at) => store.set({ factor: at }))}</div>
        <p class="soft">
          How far each latent of the code moves while one factor runs through its values and the others stay: its
          standard deviation, in units of that over the data set. The latent of the largest KL comes first.
        </p>
      </div>
      <div>
        <p role="status">${resultText(dataset, sweeps, factor)}</p>
        ${curves.node}
        <p class="soft">Held still: ${others.join(", ")}, as set above.</p>
      </div>
    </div>`;
  }

  const update = () => measure().catch(toastError);
  const stops = [store.on(["committed", "model"], update), store.on(["factor"], refresh)];
  if (dataset.complete) update();
  else refresh();
  return {
    node,
    destroy() {
      measure.cancel();
      curves?.destroy();
      for (const stop of stops) stop();
    },
  };
}

/**
 * @param {Dataset} dataset
 * @param {number} count of its models
 */
const noModel = ({ name }, count) =>
  count
    ? html`<p class="empty"><b>No model chosen</b>Choose one above: it encodes the images of this combination.</p>`
    : noModels(
        "No model of this data set yet",
        "Its latents are shown here, as they move with each factor.",
        `${withQuery("/jobs", { dataset: name })}#new`,
      );

/**
 * Encode every value of each factor while the others stay.
 * @param {import("../types").Model} model
 * @param {import("../types").Dataset} dataset
 * @param {number[]} classes
 * @param {AbortSignal} signal
 * @returns {Promise<Sweeps>}
 */
async function encodeSweeps(model, dataset, classes, signal) {
  const lists = sweepIndices(
    classes,
    dataset.factors.map(({ size }) => size),
  );
  const all = lists.flat();
  /** @type {number[][]} */
  const codes = [];
  for (let start = 0; start < all.length; start += BATCH) {
    const body = { model: model.id, indices: all.slice(start, start + BATCH) };
    const answer = await sendJson("POST", "/encode", body, { signal });
    codes.push(...answer.mu);
  }
  // movement of a dead latent is noise, however large relative to its own tiny spread
  const spread = model.statistics.map((latent) => (latent.state === "dead" ? 0 : latent.std));
  let start = 0;
  const parts = lists.map((list) => codes.slice(start, (start += list.length)));
  return { codes: parts, moved: parts.map((part) => movement(part, spread)) };
}

/**
 * Latents as rows, factors as columns, cells by movement.
 * @param {Model} model
 * @param {Dataset} dataset
 * @param {Sweeps} sweeps
 * @param {number} chosen factor
 * @param {(factor: number) => void} choose
 */
function movementTable({ statistics }, { factors }, sweeps, chosen, choose) {
  const latents = statistics
    .map((_, latent) => latent)
    .sort((a, b) => information(statistics[b]) - information(statistics[a]));
  const [top] = strongest(sweeps, chosen, 1);
  const cell = (/** @type {number} */ latent, /** @type {number} */ at) => {
    const value = sweeps.moved[at][latent];
    const { className, style } = heatCell(value);
    return html`<td class="${className} ${at === chosen && latent === top ? "on" : ""}" style=${style}>
      ${unitless(value)}
    </td>`;
  };
  return html`<table aria-label="Movement of each latent for each factor">
    <thead>
      <tr>
        <th scope="col">latent</th>
        ${factors.map(
          ({ name }, at) =>
            html`<th scope="col">
              <button type="button" aria-pressed=${String(at === chosen)} @click=${() => choose(at)}>
                ${labelOf(name)}
              </button>
            </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${latents.map(
        (latent) =>
          html`<tr>
            <th scope="row">z${latent}${statistics[latent].state === "dead" ? html`<small> dead</small>` : ""}</th>
            ${factors.map((_, at) => cell(latent, at))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/**
 * Posterior means of the latents that move most, against the value of the factor.
 * @param {Dataset} dataset
 * @param {Model} model
 * @param {Sweeps} sweeps
 * @param {number} factor
 * @param {number} here class of the factor shown in the browser
 */
function curvePanel(dataset, model, sweeps, factor, here) {
  const of = dataset.factors[factor];
  const codes = sweeps.codes[factor];
  const latents = strongest(sweeps, factor, MAX_CURVES);
  return figurePanel({
    title: `Posterior means against ${labelOf(of.name)}`,
    name: `${model.id}-${of.name}-means`,
    make: (palette) => movementFigure(of, { codes, latents, here }, palette),
    rows: () => [
      [of.name, ...model.statistics.map((_, latent) => `z${latent}`)],
      ...codes.map((row, at) => [valueText(of, at), ...row]),
    ],
  });
}

/**
 * The latents that move most with a factor.
 * @param {Sweeps} sweeps
 * @param {number} factor
 * @param {number} count
 */
function strongest(sweeps, factor, count) {
  const moved = sweeps.moved[factor];
  return moved
    .map((_, latent) => latent)
    .sort((a, b) => moved[b] - moved[a])
    .slice(0, count);
}

/**
 * The result in one sentence.
 * @param {import("../types").Dataset} dataset
 * @param {Sweeps} sweeps
 * @param {number} factor
 */
function resultText(dataset, sweeps, factor) {
  const moved = sweeps.moved[factor];
  const [first, second] = strongest(sweeps, factor, 2);
  const name = labelOf(dataset.factors[factor].name);
  if (moved[first] < 0.1) return `No latent moves with ${name} here.`;
  const alone = second === undefined || moved[second] < 0.4 * moved[first];
  const rest = alone
    ? "and no other by nearly as much."
    : `and z${second} by ${fixed(moved[second])}: the factor is spread over more than one latent.`;
  return `When ${name} runs through its values, z${first} moves by ${fixed(moved[first])} of its spread over the data set, ${rest}`;
}
