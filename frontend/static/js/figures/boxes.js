/** Box plots of one metric by group: quartiles, Tukey's whiskers, every value beyond them. */

import { box } from "../math/summary.js";
import { axisTitle } from "./pareto.js";

/**
 * @param {{title: string, unit?: string, higher_is_better: boolean, values: (number | null)[]}} column
 * @param {string[]} groups of each model
 * @param {string} what the groups are, e.g. "objective"
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function boxesFigure(column, groups, what, palette) {
  const names = [...new Set(groups)].sort();
  const boxes = names.map((name) => {
    const values = column.values.filter((value, at) => groups[at] === name && value !== null);
    return { name, box: box(/** @type {number[]} */ (values)), values };
  });
  const found = boxes.filter((one) => one.box);
  return {
    data: found.map(({ name, box: drawn, values }, k) => ({
      type: "box",
      name: `${name} (${drawn?.n})`,
      y: values,
      quartilemethod: "linear",
      boxpoints: values.length <= 12 ? "all" : "outliers",
      jitter: 0.4,
      pointpos: 0,
      marker: { color: palette.series[k % palette.series.length], size: 5, opacity: 0.8 },
      line: { width: 1.5 },
    })),
    layout: {
      title: { text: `${column.title} by ${what}`, font: { size: 13 }, x: 0, xref: "paper" },
      height: 420,
      margin: { l: 64, r: 12, t: 40, b: 12 },
      xaxis: { title: { text: `${what} (number of models)`, standoff: 8 }, automargin: true, showgrid: false },
      yaxis: { title: { text: axisTitle(column) }, zeroline: false },
    },
  };
}
