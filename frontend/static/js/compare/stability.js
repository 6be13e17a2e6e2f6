/** Which latents of a configuration its seeds have in common: share of seeds with interval, against chance. */

import { getJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { fixed } from "../core/format.js";
import { wideRow } from "./layout.js";

/**
 * @typedef {import("../types").Stability} Stability
 * @typedef {Stability["latents"][number]} LatentStability
 */

/** @param {number} share from 0 to 1 */
const percent = (share) => `${Math.round(100 * share)} %`;

/**
 * Read the shares of every column that folds several seeds, null for the others and where they cannot be computed.
 * @param {string[][]} seeds ids of the models behind each column, the shown model first
 * @param {AbortSignal} [signal]
 * @returns {Promise<(Stability | Error | null)[]>}
 */
export function readStability(seeds, signal) {
  return Promise.all(
    seeds.map(async (ids) => {
      if (ids.length < 2) return null;
      try {
        return await getJson("/api/v1/compare/stability", { query: { m: ids.join(",") }, signal });
      } catch (error) {
        signal?.throwIfAborted();
        return error instanceof Error ? error : new Error(String(error));
      }
    }),
  );
}

/**
 * Draw a table for each column that folds several seeds; nothing where none does.
 * @param {string[]} names of the columns
 * @param {(Stability | Error | null)[]} found
 */
export function stabilityRow(names, found) {
  const known = found.flatMap((each, at) => (each ? [{ name: names[at], each }] : []));
  if (!known.length) return null;
  const level = known.map(({ each }) => (each instanceof Error ? null : each.level)).find((value) => value !== null);
  const chance = level ? ` Chance passes for it in ${percent(level)} of cases at most.` : "";
  return wideRow(
    "Is this latent real?",
    `Share of the other seeds that hold a latent, with 95 % interval: codes on the same images correlate more than with images permuted or axes turned at random.${chance} No labels are needed.`,
    el("div", { class: "stability" }, ...known.map(({ name, each }) => table(name, each))),
    [],
    "stability",
  );
}

/**
 * @param {string} name
 * @param {Stability | Error} found
 */
function table(name, found) {
  if (found instanceof Error) return el("p", { class: "soft" }, el("b", {}, name), ` ${found.message}`);
  const active = found.latents.filter((latent) => latent.active);
  const heads = ["latent", "seeds that hold it", "95 %", "correlation", "verdict"];
  const inactive = found.latents.length - active.length;
  return el(
    "table",
    {},
    el(
      "caption",
      {},
      `${name}: ${active.filter(({ real }) => real).length} of ${active.length} active latents are real`,
      el(
        "small",
        { class: "soft" },
        ` ${found.models.length + 1} seeds, ${found.images} images${inactive ? `, ${inactive} inactive` : ""}`,
      ),
    ),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...active.map((latent) => row(latent, found.models.length))),
  );
}

/**
 * @param {LatentStability} latent
 * @param {number} others
 */
function row({ latent, share, interval, held_by, correlation, p_value, real }, others) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, `z${latent}`),
    el(
      "td",
      {},
      el("span", { class: "share", "aria-hidden": "true", style: `--share:${share}` }),
      `${held_by.length} of ${others}`,
    ),
    el("td", {}, interval.map((end) => percent(end)).join(" to ")),
    el("td", {}, fixed(correlation, 2)),
    el("td", { title: `p = ${p_value.toPrecision(2)}` }, real ? el("b", {}, "real") : "not shown"),
  );
}
