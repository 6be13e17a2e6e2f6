/** The run as TOML, to be edited or pasted. */

import { messageOf } from "../core/api.js";
import { html } from "../core/html.js";
import { fromToml, toToml } from "../formats/toml.js";
import { isCount, MAX_PACK } from "./sweep-grid.js";

/** @typedef {import("./sweep-grid.js").Grid} Grid */

/** @param {{kind: string, spec: any}} request */
export const tomlOf = ({ kind, spec }) => toToml(kind === "sweep" ? flat(spec) : spec);

/**
 * Read a run or a sweep.
 * @param {string} text
 * @returns {{content: {spec: Record<string, any>, sweep: Grid} | null, problem: string}}
 */
export function readToml(text) {
  try {
    return { content: contentOf(fromToml(text)), problem: "" };
  } catch (error) {
    return { content: null, problem: messageOf(error) };
  }
}

/**
 * @param {string} text
 * @param {string} problem
 * @param {(text: string) => void} onText
 */
export const tomlBox = (text, problem, onText) =>
  html`<section class="card" aria-label="TOML">
    <textarea
      id="toml"
      spellcheck="false"
      aria-label="The run as TOML"
      aria-describedby="toml-wrong"
      aria-invalid=${String(Boolean(problem))}
      .value=${text}
      @input=${(/** @type {Event} */ event) => onText(/** @type {HTMLTextAreaElement} */ (event.target).value)}
    ></textarea>
    <p class="wrong" id="toml-wrong" role="alert">${problem}</p>
    <p class="soft">
      The same run: edit here or in the form. Settings that are left out have their defaults; a table [grid] makes a
      sweep, max_parallel limits how many of its runs go at a time, pack puts that many runs into one process.
    </p>
  </section>`;

/** @param {{base: Record<string, any>}} sweep */
const flat = ({ base, ...rest }) => ({ ...base, ...rest });

/**
 * @param {Record<string, any>} document
 * @returns {{spec: Record<string, any>, sweep: Grid}}
 */
function contentOf({ grid, max_parallel: limit, pack, ...spec }) {
  const wrong = (/** @type {string} */ name, /** @type {any} */ got, /** @type {string} */ allowed) => {
    throw new Error(`${name}: got ${JSON.stringify(got)}; allowed: ${allowed}; correct it`);
  };
  if (grid !== undefined && (grid === null || typeof grid !== "object" || Array.isArray(grid)))
    wrong("grid", grid, "a table [grid] of settings, each with a list of values");
  const axes = Object.entries(axesOf(grid ?? {}));
  if (grid !== undefined && !axes.length) wrong("grid", grid, "at least one setting with a list of values");
  for (const [name, values] of axes)
    if (!Array.isArray(values) || !values.length) wrong(`grid.${name}`, values, "a list of at least one value");
  if (limit !== undefined && !isCount(limit)) wrong("max_parallel", limit, "whole numbers from 1");
  if (limit !== undefined && !axes.length)
    wrong("max_parallel", limit, "only with a table [grid]; add one, or remove it");
  if (pack !== undefined && !(isCount(pack) && pack <= MAX_PACK)) wrong("pack", pack, `1 to ${MAX_PACK}`);
  if (pack !== undefined && !axes.length) wrong("pack", pack, "only with a table [grid]; add one, or remove it");
  return { spec, sweep: { grid: Object.fromEntries(axes), limit: limit ?? null, pack: pack ?? null } };
}

/**
 * Tables of the grid as dotted names: a key `objective_settings.beta` without quotes is a table in TOML.
 * @param {Record<string, any>} table
 * @param {string} [prefix]
 * @returns {Record<string, any>}
 */
function axesOf(table, prefix = "") {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, value]) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.entries(axesOf(value, `${prefix}${name}.`))
        : [[prefix + name, value]],
    ),
  );
}
