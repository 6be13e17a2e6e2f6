/** The progress matrix of a sweep: last axis across, all others down. */

import { el } from "../../dom.js";
import { spoken, thousands } from "../../math/format.js";

const MOST_ROWS = 400;

/**
 * @param {import("../../types-jobs").Sweep} sweep
 * @param {import("../../types-jobs").SweepCell[]} cells
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

/** @param {import("../../types-jobs").SweepCell | undefined} cell */
function matrixCell(cell) {
  if (!cell) return el("td", {}, el("span", { title: "not in the queue yet" }, "–"));
  const share = cell.steps ? Math.round((100 * cell.step) / cell.steps) : 0;
  const words = cell.state === "running" ? `${share} %` : cell.state === "succeeded" ? "done" : cell.state;
  return el(
    "td",
    { class: cell.state },
    el("a", { href: `/jobs?job=${cell.job}`, title: cell.error ?? `job ${cell.job}: ${cell.state}` }, words),
  );
}
