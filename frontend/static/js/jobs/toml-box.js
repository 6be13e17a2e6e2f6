/** The run as TOML, to be edited or pasted. */

import { el } from "../core/dom.js";
import { fromToml, toToml } from "../formats/toml.js";
import { isCount } from "./sweep-grid.js";

/** @typedef {import("./sweep-grid.js").Grid} Grid */

/**
 * @param {{kind: string, spec: any}} request
 * @param {import("./mistakes.js").Mistakes} mistakes
 * @param {(content: {spec: Record<string, any>, sweep: Grid}) => void} take called with each text that is TOML of a run
 */
export function tomlBox({ kind, spec }, mistakes, take) {
  const wrong = el("p", { class: "wrong", id: "toml-wrong", role: "alert" });
  const text = kind === "sweep" ? toToml(flat(spec)) : toToml(spec);
  const box = el("textarea", {
    value: text,
    spellcheck: false,
    id: "toml",
    "aria-label": "The run as TOML",
    "aria-describedby": "toml-wrong",
    on: { input: read },
  });
  function read() {
    let message = "";
    try {
      take(contentOf(fromToml(box.value)));
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    box.setAttribute("aria-invalid", String(Boolean(message)));
    if (wrong.textContent !== message) wrong.textContent = message;
    mistakes.set("toml", message ? { label: "TOML", message, text: box.value, box } : null);
  }
  return el(
    "section",
    { class: "card", "aria-label": "TOML" },
    box,
    wrong,
    el(
      "p",
      { class: "soft" },
      "The same run: edit here or in the form. What is left out takes its default; a table [grid] makes a sweep, max_parallel limits how many of its runs go at a time.",
    ),
  );
}

/** @param {{base: Record<string, any>}} sweep */
const flat = ({ base, ...rest }) => ({ ...base, ...rest });

/**
 * @param {Record<string, any>} document
 * @returns {{spec: Record<string, any>, sweep: Grid}}
 */
function contentOf({ grid, max_parallel: most, ...spec }) {
  const wrong = (/** @type {string} */ name, /** @type {any} */ got, /** @type {string} */ allowed) => {
    throw new Error(`${name}: got ${JSON.stringify(got)}; allowed: ${allowed}`);
  };
  if (grid !== undefined && (grid === null || typeof grid !== "object" || Array.isArray(grid)))
    wrong("grid", grid, "a table [grid] of settings, each with a list of values");
  const axes = Object.entries(axesOf(grid ?? {}));
  if (grid !== undefined && !axes.length) wrong("grid", grid, "at least one setting with a list of values");
  for (const [name, values] of axes)
    if (!Array.isArray(values) || !values.length) wrong(`grid.${name}`, values, "a list of at least one value");
  if (most !== undefined && !isCount(most)) wrong("max_parallel", most, "whole numbers from 1");
  if (most !== undefined && !axes.length)
    wrong("max_parallel", most, "only with a table [grid]; add one, or take it out");
  return { spec, sweep: { grid: Object.fromEntries(axes), most: most ?? null } };
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
