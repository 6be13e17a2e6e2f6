/** A figure in a panel: title, controls, full screen, and the menu that saves PNG, SVG, CSV and JSON. */

import { el } from "../core/dom.js";
import { createChart } from "./chart.js";
import { toCsv } from "./download.js";
import { palette } from "./colours.js";
import { createPanel } from "./panel.js";

/**
 * @typedef {import("../types").Figure} Figure
 * @typedef {import("../types").Palette} Palette
 */

/**
 * @param {object} what
 * @param {string} what.title
 * @param {string} [what.term] id of the glossary
 * @param {string} what.name of exported files
 * @param {(palette: Palette) => Figure} what.make called at each drawing
 * @param {() => (string | number | null | undefined)[][]} what.rows the numbers behind the figure, header first
 * @param {Node[]} [what.controls]
 * @param {string} [what.note] a sentence under the figure
 * @param {string} [what.rest] path under which the service answers the numbers
 * @param {(point: any) => void} [what.onClick]
 */
export function figurePanel({ title, term, name, make, rows, controls = [], note, rest, onClick }) {
  const chart = createChart(title, { onClick });
  const exports = () => ({ chart, csv: () => toCsv(rows()), rest });
  const panel = createPanel({ title, term, name, controls, exports }, chart.node);
  panel.node.classList.add("card", "figure-panel");
  if (note) {
    panel.node.append(el("p", { class: "soft figure-note" }, note));
  }
  const draw = () => {
    const { height } = make(palette()).layout;
    if (height) chart.node.style.minHeight = `${height}px`;
    return chart.draw(() => make(palette()));
  };
  return { node: panel.node, draw, destroy: chart.destroy };
}
