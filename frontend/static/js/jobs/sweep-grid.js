/** Grid of a sweep: settings that vary, the values of each, and the limit of runs at a time. */

import { thousands } from "../core/format.js";
import { html } from "../core/html.js";
import { axisLabel, gridSize, readField, scalar } from "./schema-form.js";

/**
 * @typedef {import("./schema-form.js").Field} Field
 * @typedef {import("./form.js").Mistake} Mistake
 * @typedef {object} Grid
 * @property {Record<string, any[]>} grid
 * @property {number | null} limit processes at a time, null for no limit
 * @property {number | null} pack runs in one process, null for one
 * @typedef {{name: string, text: string}} Row one setting and its values as typed
 */

/** @param {any} value */
export const isCount = (value) => Number.isInteger(value) && value >= 1;

/** Runs that may share one process, as the service limits them. */
export const MAX_PACK = 64;

/**
 * What is typed: the rows, and the text of the number boxes.
 * @typedef {{rows: Row[], limitText: string, packText: string}} Typed
 */

/** @param {Grid} sweep @returns {Typed} */
export const rowsOf = ({ grid, limit, pack }) => ({
  rows: Object.entries(grid).map(([name, values]) => ({ name, text: values.join(", ") })),
  limitText: limit === null ? "" : String(limit),
  packText: pack === null ? "" : String(pack),
});

/**
 * Read the rows.
 * @param {Map<string, Field>} fields settings that may vary, by dotted path
 * @param {Typed} typed
 * @returns {{sweep: Grid | null, mistakes: Mistake[], template: (onTyped: (typed: Typed) => void) => any}}
 *   `sweep`: null where a row or a number is wrong
 */
export function readAxes(fields, typed) {
  const { rows, limitText, packText } = typed;
  /** @type {Record<string, any[]>} */
  const grid = {};
  const problems = rows.map(({ name, text }) => {
    const read = axisValues(fields.get(name), text);
    if (name in grid) return `${axisLabel(name)} is varied twice: put all values into one row`;
    if (!read.problem) grid[name] = read.values;
    return read.problem;
  });
  const runs = gridSize(grid);
  const count = (/** @type {string} */ text) => (runs < 2 || !text.trim() ? null : Number(text));
  const [limit, pack] = [count(limitText), count(packText)];
  const limitIsWrong = limit !== null && !isCount(limit);
  const packIsWrong = pack !== null && !(isCount(pack) && pack <= MAX_PACK);
  /** @type {Mistake[]} */
  const mistakes = rows.flatMap(({ name }, at) =>
    problems[at] ? [{ id: `grid-${at}`, label: `values of ${axisLabel(name)}`, message: problems[at] }] : [],
  );
  const rowsAreRight = !mistakes.length;
  if (limitIsWrong)
    mistakes.push({
      id: "grid-limit",
      label: "runs at a time",
      message: "allowed: whole numbers from 1, or nothing for no limit",
    });
  if (packIsWrong)
    mistakes.push({ id: "grid-pack", label: "runs in a process", message: `allowed: 1 to ${MAX_PACK}, or nothing` });
  return {
    sweep: mistakes.length ? null : { grid, limit, pack },
    mistakes,
    template(onTyped) {
      const onRows = (/** @type {Row[]} */ next) => onTyped({ ...typed, rows: next });
      const replace = (/** @type {number} */ at, /** @type {Partial<Row>} */ patch) =>
        onRows(rows.map((row, k) => (k === at ? { ...row, ...patch } : row)));
      return html`<div>
        <div>${rows.map((row, at) => axisRow(row, at))}</div>
        <button type="button" class="btn" id="grid-add" @click=${add}>Vary a setting</button>
        <p class="soft">${rowsAreRight ? runsText(grid, runs) : ""}</p>
        <div ?hidden=${runs < 2}>
          ${countBox("grid-limit", limitText, limitIsWrong, {
            title: "Runs at a time",
            placeholder: "as many as fit",
            help: "Largest number of runs of this sweep at a time, a pack as one; empty: as many as the machines hold.",
            onText: (text) => onTyped({ ...typed, limitText: text }),
          })}
          ${countBox("grid-pack", packText, packIsWrong, {
            title: "Runs in a process",
            placeholder: "1",
            help: "Runs that share one process: trained at once on a GPU, one after the other on the CPU.",
            onText: (text) => onTyped({ ...typed, packText: text }),
          })}
        </div>
      </div>`;

      function add() {
        const free = ["seed", ...fields.keys()].find(
          (name) => fields.has(name) && !rows.some((row) => row.name === name),
        );
        if (free) onRows([...rows, { name: free, text: "" }]);
        document.getElementById(`grid-${free ? rows.length : rows.length - 1}`)?.focus();
      }
      /** @param {Row} row @param {number} at */
      function axisRow({ name, text }, at) {
        const label = axisLabel(name);
        const drop = () => {
          onRows(rows.filter((_, k) => k !== at));
          document.getElementById("grid-add")?.focus();
        };
        return html`<div class="vary-row">
          <select
            aria-label="Setting ${at + 1} to vary"
            @change=${(/** @type {Event} */ event) => replace(at, { name: valueOf(event) })}
          >
            ${(fields.has(name) ? [...fields.keys()] : [name, ...fields.keys()]).map(
              (option) => html`<option value=${option} .selected=${option === name}>${axisLabel(option)}</option>`,
            )}
          </select>
          <input
            type="text"
            id="grid-${at}"
            placeholder="0, 1, 2"
            aria-label="Values of ${label}, separated by commas"
            aria-describedby="grid-${at}-wrong"
            aria-invalid=${String(Boolean(problems[at]))}
            .value=${text}
            @input=${(/** @type {Event} */ event) => replace(at, { text: valueOf(event) })}
          />
          <button type="button" class="btn square" aria-label="Do not vary ${label}" @click=${drop}>×</button>
          <span class="wrong" id="grid-${at}-wrong">${problems[at]}</span>
        </div>`;
      }
    },
  };
}

/**
 * @param {string} id
 * @param {string} text
 * @param {boolean} isWrong
 * @param {{title: string, placeholder: string, help: string, onText: (text: string) => void}} box
 */
function countBox(id, text, isWrong, { title, placeholder, help, onText }) {
  return html`<label class="vary-limit">
    <b>${title}</b>
    <input
      type="number"
      id=${id}
      min="1"
      step="1"
      placeholder=${placeholder}
      aria-invalid=${String(isWrong)}
      value=${text}
      @input=${(/** @type {Event} */ event) => onText(countText(event))}
    />
    <small>${help}</small>
  </label>`;
}

/** @param {Event} event */
const valueOf = ({ target }) => /** @type {HTMLInputElement | HTMLSelectElement} */ (target).value;

/** Text of a number box, which has the value "" for what is no number. @param {Event} event */
function countText({ target }) {
  const { value, validity } = /** @type {HTMLInputElement} */ (target);
  return validity?.badInput ? "?" : value;
}

/**
 * Values of one axis, each read as its setting is.
 * @param {Field | undefined} field
 * @param {string} text
 * @returns {{values: any[], problem: string}}
 */
function axisValues(field, text) {
  const wrong = (/** @type {string} */ problem) => ({ values: [], problem });
  if (!field) return wrong("this run has no such setting: choose another, or remove the row");
  const typed = text
    .replace(/[\s,]+$/, "")
    .split(",")
    .map((one) => one.trim());
  if (typed.every((one) => !one)) return wrong("give values, separated by commas, or remove the row");
  const values = [];
  for (const [at, one] of typed.entries()) {
    if (!one) return wrong(`value ${at + 1}: nothing stands between the commas`);
    const read = field.kind === "list" ? { value: [scalar(one)] } : readField(field, one);
    if ("problem" in read) return wrong(`value ${at + 1}: ${read.problem}`);
    values.push(read.value);
  }
  return { values, problem: "" };
}

/**
 * @param {Record<string, any[]>} grid
 * @param {number} runs
 */
function runsText(grid, runs) {
  const sizes = Object.values(grid).map((values) => values.length);
  if (!sizes.length) return "One run. Add a setting to try several values of it, e.g. seed with 0, 1, 2.";
  return `${sizes.join(" × ")}${sizes.length > 1 ? ` = ${thousands(runs)}` : ""} ${runs === 1 ? "run" : "runs"}.`;
}
