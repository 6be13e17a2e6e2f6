/** The progress matrix of a sweep: last axis across, all others down. */

import { el } from "../core/dom.js";
import { spoken, thousands } from "../core/format.js";

const MOST_ROWS = 400;

/**
 * @param {import("../types").Sweep} sweep
 * @param {import("../types").SweepCell[]} cells
 */
export function progressMatrix(sweep, cells) {
  const axes = sweep.axes;
  const across = axes[axes.length - 1] ?? { name: "run", values: ["run"] };
  const width = across.values.length;
  const height = Math.max(1, Math.round(sweep.total / width));
  const at = new Map(cells.map((cell) => [cell.position, cell]));
  const rows = Array.from({ length: Math.min(height, MOST_ROWS) }, (_, row) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, rowLabel(axes.slice(0, -1), row)),
      across.values.map((_, column) => matrixCell(at.get(row * width + column))),
    ),
  );
  return el(
    "section",
    { class: "card", "aria-label": "Progress" },
    el(
      "div",
      { class: "bar" },
      el("h2", {}, "Progress"),
      el("span", { class: "soft" }, `across: ${short(across.name)}`),
    ),
    el(
      "div",
      { class: "matrix" },
      el(
        "table",
        { "aria-label": "State of each run" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("td", {}),
            across.values.map((value) => el("th", { scope: "col" }, String(value))),
          ),
        ),
        el("tbody", {}, rows),
      ),
      height > MOST_ROWS &&
        el("p", { class: "soft" }, `The first ${MOST_ROWS} of ${thousands(height)} rows are shown.`),
    ),
  );
}

/** "objective_settings.beta" -> "beta". @param {string} name */
const short = (name) => spoken(name.split(".").pop() ?? name);

/**
 * @param {{name: string, values: any[]}[]} axes
 * @param {number} row
 */
function rowLabel(axes, row) {
  let rest = row;
  const words = [];
  for (const { name, values } of [...axes].reverse()) {
    words.unshift(`${short(name)} ${values[rest % values.length]}`);
    rest = Math.floor(rest / values.length);
  }
  return words.join(", ") || "all";
}

/** @param {import("../types").SweepCell | undefined} cell */
function matrixCell(cell) {
  if (!cell) return el("td", {}, el("span", { title: "not in the queue yet" }, "–"));
  const { job, words, state, title } = cellState(cell);
  return el("td", { class: state }, el("a", { href: `/jobs?job=${job}`, title }, words));
}

/**
 * How far a run and its evaluation are, and the job that tells more.
 * @param {import("../types").SweepCell} cell
 * @returns {{job: string, words: string, state: string, title: string}}
 */
export function cellState({ job, state, step, steps, error, evaluation }) {
  const title = error ?? `job ${job}: ${state}`;
  if (state === "running") return { job, state, title, words: `${steps ? Math.round((100 * step) / steps) : 0} %` };
  if (state !== "succeeded") return { job, state, title, words: state };
  if (!evaluation || evaluation.state === "succeeded") return { job, state, title, words: "done" };
  const name = `evaluation, job ${evaluation.job}: ${evaluation.error ?? evaluation.state}`;
  if (evaluation.state === "failed") return { job: evaluation.job, state: "failed", title: name, words: "no scores" };
  if (evaluation.state === "cancelled")
    return { job: evaluation.job, state: "cancelled", title: name, words: "not scored" };
  return { job: evaluation.job, state: "running", title: name, words: "evaluating" };
}
