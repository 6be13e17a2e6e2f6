/** The grid of a sweep: settings and the values each takes, and how many runs go at a time. */

import { el } from "../core/dom.js";
import { axisLabel, gridSize, readField, scalar } from "./schema-form.js";
import { thousands } from "../core/format.js";

/**
 * @typedef {{grid: Record<string, any[]>, most: number | null}} Grid `most`: runs at a time, null for as many as fit
 * @typedef {import("./schema-form.js").Field} Field
 */

/**
 * @param {Map<string, Field>} fields settings that may vary, by dotted path
 * @param {Grid} sweep
 * @param {import("./mistakes.js").Mistakes} mistakes
 * @param {(sweep: Grid) => void} onChange called with each grid that is allowed
 */
export function varyBox(fields, { grid, most }, mistakes, onChange) {
  /** @type {{name: string, text: string}[]} */
  let rows = Object.entries(grid).map(([name, values]) => ({ name, text: values.join(", ") }));
  const list = el("div", {});
  const words = el("p", { class: "soft" });
  const limitBox = el("input", {
    type: "number",
    min: "1",
    step: "1",
    value: most === null ? "" : String(most),
    placeholder: "as many as fit",
    on: { input: () => take() },
  });
  const limit = el(
    "label",
    { class: "vary-limit" },
    el("b", {}, "Runs at a time"),
    limitBox,
    el("small", {}, "At most so many runs of this sweep at once; empty: as many as the machines hold."),
  );

  /** Read all rows; the grid goes out where each of them is allowed. */
  function take() {
    /** @type {Record<string, any[]>} */
    const next = {};
    let wrong = 0;
    rows.forEach(({ name, text }, at) => {
      const read = axis(fields.get(name), text);
      const problem = name in next ? `${axisLabel(name)} is varied twice: put all values into one row` : read.problem;
      const box = /** @type {HTMLElement} */ (list.children[at].querySelector("input"));
      box.setAttribute("aria-invalid", String(Boolean(problem)));
      const label = /** @type {HTMLElement} */ (list.children[at].querySelector(".wrong"));
      if (label.textContent !== problem) label.textContent = problem;
      mistakes.set(
        `grid:${at}`,
        problem ? { label: `values of ${axisLabel(name)}`, message: problem, text, box } : null,
      );
      if (problem) wrong += 1;
      else next[name] = read.values;
    });
    for (let at = rows.length; mistakes.get(`grid:${at}`); at += 1) mistakes.set(`grid:${at}`, null);
    const runs = gridSize(next);
    limit.hidden = runs < 2;
    const parallel = limit.hidden || !limitBox.value.trim() ? null : Number(limitBox.value);
    const fits = limit.hidden || (!limitBox.validity.badInput && (parallel === null || isCount(parallel)));
    limitBox.setAttribute("aria-invalid", String(!fits));
    const message = "allowed: whole numbers from 1, or nothing for as many as fit";
    mistakes.set("grid:most", fits ? null : { label: "runs at a time", message, text: limitBox.value, box: limitBox });
    words.textContent = wrong ? "" : count(next, runs);
    if (!wrong && fits) onChange({ grid: next, most: parallel });
  }
  /**
   * @param {number} at
   * @param {string} name
   */
  function rename(at, name) {
    rows[at].name = name;
    draw();
    take();
    list.children[at].querySelector("select")?.focus();
  }
  const draw = () => {
    list.replaceChildren(
      ...rows.map((row, at) => {
        const select = el(
          "select",
          { "aria-label": `Setting ${at + 1} to vary`, on: { change: () => rename(at, select.value) } },
          [...new Set([...fields.keys(), row.name])].map((option) =>
            el("option", { value: option }, axisLabel(option)),
          ),
        );
        select.value = row.name;
        const values = el("input", {
          type: "text",
          value: row.text,
          placeholder: "0, 1, 2",
          "aria-label": `Values of ${axisLabel(row.name)}, separated by commas`,
          "aria-describedby": `grid-${at}-wrong`,
          on: { input: () => ((row.text = values.value), take()) },
        });
        const drop = el(
          "button",
          {
            type: "button",
            class: "btn square",
            "aria-label": `Do not vary ${axisLabel(row.name)}`,
            on: { click: () => ((rows = rows.filter((_, k) => k !== at)), draw(), take(), add.focus()) },
          },
          "×",
        );
        return el(
          "div",
          { class: "vary-row" },
          select,
          values,
          drop,
          el("span", { class: "wrong", id: `grid-${at}-wrong` }),
        );
      }),
    );
  };
  const add = el(
    "button",
    {
      type: "button",
      class: "btn",
      on: {
        click() {
          const free = ["seed", ...fields.keys()].find(
            (name) => fields.has(name) && !rows.some((row) => row.name === name),
          );
          if (free) rows.push({ name: free, text: "" });
          draw();
          take();
          list.lastElementChild?.querySelector("input")?.focus();
        },
      },
    },
    "Vary a setting",
  );
  draw();
  take();
  return el("div", {}, list, add, words, limit);
}

/** @param {any} value */
export const isCount = (value) => Number.isInteger(value) && value >= 1;

/**
 * Values of one axis, each read as its setting is.
 * @param {Field | undefined} field
 * @param {string} text
 * @returns {{values: any[], problem: string}}
 */
function axis(field, text) {
  if (!field) return { values: [], problem: "this run has no such setting: choose another, or remove the row" };
  const typed = text
    .replace(/[\s,]+$/, "")
    .split(",")
    .map((one) => one.trim());
  if (typed.every((one) => !one)) return { values: [], problem: "give values, separated by commas, or remove the row" };
  const read = typed.map((one) => (field.kind === "list" ? { value: [scalar(one)] } : readField(field, one)));
  const wrong = read.findIndex((one, at) => "problem" in one || !typed[at]);
  if (wrong >= 0) {
    const { problem } = /** @type {{problem?: string}} */ (read[wrong]);
    return {
      values: [],
      problem: `value ${wrong + 1}: ${typed[wrong] ? problem : "nothing stands between the commas"}`,
    };
  }
  return { values: read.map((one) => /** @type {{value: any}} */ (one).value), problem: "" };
}

/**
 * @param {Record<string, any[]>} grid
 * @param {number} runs
 */
function count(grid, runs) {
  const sizes = Object.values(grid).map((values) => values.length);
  if (!sizes.length) return "One run. Add a setting to try several values of it, e.g. seed with 0, 1, 2.";
  return `${sizes.join(" × ")}${sizes.length > 1 ? ` = ${thousands(runs)}` : ""} ${runs === 1 ? "run" : "runs"}.`;
}
