/** "Which latents move when this factor moves": encode every value of each factor with the others held still. */

import { sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { fixed, spoken, unitless } from "../core/format.js";
import { heatCell } from "../ui/heat-cell.js";
import { movement, sweepIndices } from "../math/factors.js";

const BATCH = 256;

/**
 * @typedef {{codes: number[][][], moved: number[][]}} Sweep per factor: posterior means (values, latents), movement (latents)
 */

/**
 * @param {import("../types").Model} model
 * @param {import("../types").Dataset} dataset
 * @param {number[]} classes
 * @param {AbortSignal} signal
 * @returns {Promise<Sweep>}
 */
export async function sweep(model, dataset, classes, signal) {
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
  // what a dead latent does is noise, however large beside its own tiny spread
  const spread = model.statistics.map((latent) => (latent.state === "dead" ? 0 : latent.std));
  let start = 0;
  const parts = lists.map((list) => codes.slice(start, (start += list.length)));
  return { codes: parts, moved: parts.map((part) => movement(part, spread)) };
}

/**
 * Latents as rows, factors as columns, cells by movement.
 * @param {import("../types").Model} model
 * @param {import("../types").Dataset} dataset
 * @param {Sweep} found
 * @param {{factor: number, choose: (factor: number) => void}} focus
 */
export function movementTable(model, dataset, found, focus) {
  const order = model.statistics
    .map((_, latent) => latent)
    .sort((a, b) => model.statistics[b].kl_nats - model.statistics[a].kl_nats);
  const top = strongest(found, focus.factor, 1)[0];
  return el(
    "table",
    { "aria-label": "Movement of each latent for each factor" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "latent"),
        dataset.factors.map((factor, at) =>
          el(
            "th",
            { scope: "col" },
            el(
              "button",
              { type: "button", "aria-pressed": String(at === focus.factor), on: { click: () => focus.choose(at) } },
              spoken(factor.name),
            ),
          ),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      order.map((latent) =>
        el(
          "tr",
          {},
          el(
            "th",
            { scope: "row" },
            `z${latent}`,
            model.statistics[latent].state === "dead" && el("small", {}, " dead"),
          ),
          dataset.factors.map((_, at) => {
            const value = found.moved[at][latent];
            const heat = heatCell(value);
            return el(
              "td",
              {
                class: `${heat.className} ${at === focus.factor && latent === top ? "on" : ""}`,
                style: heat.style,
              },
              unitless(value),
            );
          }),
        ),
      ),
    ),
  );
}

/**
 * The latents that move most with a factor.
 * @param {Sweep} found
 * @param {number} factor
 * @param {number} count
 */
export function strongest(found, factor, count) {
  const moved = found.moved[factor];
  return moved
    .map((_, latent) => latent)
    .sort((a, b) => moved[b] - moved[a])
    .slice(0, count);
}

/**
 * The finding in one sentence.
 * @param {import("../types").Dataset} dataset
 * @param {Sweep} found
 * @param {number} factor
 */
export function sentence(dataset, found, factor) {
  const moved = found.moved[factor];
  const [first, second] = strongest(found, factor, 2);
  const name = spoken(dataset.factors[factor].name);
  if (moved[first] < 0.1) return `No latent moves with ${name} here.`;
  const alone = second === undefined || moved[second] < 0.4 * moved[first];
  const rest = alone
    ? "and no other by nearly as much."
    : `and z${second} by ${fixed(moved[second])}: the factor is spread over more than one latent.`;
  return `When ${name} runs through its values, z${first} moves by ${fixed(moved[first])} of its spread over the data set, ${rest}`;
}
