/** One row of the score table: its name, and the cells of the metrics that are in sight. */

import { el } from "../core/dom.js";
import { short, spoken } from "../core/format.js";
import { cellWords } from "../ui/score-text.js";
import { cellContent } from "./cell.js";

/**
 * @typedef {import("../types").ScoreRow} ScoreRow
 * @typedef {import("./table.js").TableModel} TableModel
 */

/**
 * @param {number} at
 * @param {ScoreRow | null} row
 * @param {TableModel} model
 * @param {{focus: {row: number, column: number}, seen: {first: number, last: number}}} window `seen`: metrics in sight
 */
export function tableRow(at, row, model, { focus, seen }) {
  const shown = model.columns();
  const stop = (/** @type {number} */ column) => (focus.row === at && focus.column === column ? 0 : -1);
  const line = el("tr", { "aria-rowindex": at + 3 });
  if (!row) {
    const words = el("span", { class: "soft" }, `row ${at + 1} …`);
    line.append(el("th", { scope: "row" }, words), ...aside(shown.length));
    return line;
  }
  const link = { href: `/explore/${encodeURIComponent(row.id)}`, title: row.name, tabIndex: stop(0) };
  line.append(
    el("th", { scope: "row" }, el("a", link, row.name), el("small", {}, recipe(row))),
    ...aside(seen.first),
    ...shown.slice(seen.first, seen.last).map((metric, k) => {
      const column = seen.first + k + 1;
      const cell = row.cells[metric.name];
      return el(
        "td",
        {
          tabIndex: stop(column),
          title: cellWords(cell, metric),
          dataset: { row: at, column },
          "aria-colindex": column + 1,
        },
        cellContent(cell, metric, model.isBest(metric.name, row)),
      );
    }),
    ...aside(shown.length - seen.last),
  );
  return line;
}

/** Columns out of sight: one empty cell. @param {number} span */
const aside = (span) => (span > 0 ? [el("td", { class: "aside", colSpan: span, "aria-hidden": "true" })] : []);

/** @param {ScoreRow} row */
function recipe(row) {
  const settings = Object.entries(row.settings ?? {})
    .filter(([, value]) => typeof value === "number")
    .slice(0, 2)
    .map(([key, value]) => `${spoken(key)} ${short(value)}`);
  const seeds =
    row.models === undefined
      ? `seed ${row.training?.seed ?? "–"}`
      : `${row.models} ${row.models === 1 ? "seed" : "seeds"}`;
  return [row.dataset ?? "no data set", [row.objective ?? "imported", ...settings].join(" "), seeds].join(" · ");
}
