/** Two scores against each other, one point a model, with the Pareto front of each data set. */

import { LEGEND_BELOW, heightWithLegend } from "./legend.js";

/**
 * @typedef {{title: string, unit?: string, higher_is_better: boolean, values: (number | null)[]}} Column
 */

/**
 * @param {Column} x
 * @param {Column} y
 * @param {{names: string[], groups: string[], datasets?: (string | null)[]}} models `groups` give colour and symbol;
 *   scores of different `datasets` do not compare, so each has a front of its own
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function frontFigure(x, y, models, palette) {
  const points = x.values.map((value, at) => ({ x: value ?? NaN, y: y.values[at] ?? NaN }));
  const better = /** @type {const} */ ({
    x: x.higher_is_better ? "high" : "low",
    y: y.higher_is_better ? "high" : "low",
  });
  const dataset = (/** @type {number} */ at) => models.datasets?.[at] ?? null;
  const fronts = [...new Set(points.map((_, at) => dataset(at)))]
    .map((name) => {
      const members = points.map((point, at) => (dataset(at) === name ? point : { x: NaN, y: NaN }));
      return { name, members: paretoFront(members, better) };
    })
    .filter(({ members }) => members.length);
  const front = fronts.flatMap(({ members }) => members);
  const groups = [...new Set(models.groups)];
  const shown = points.map(({ x: a, y: b }) => Number.isFinite(a) && Number.isFinite(b));
  return {
    data: [
      ...fronts.map(({ name, members }) => ({
        type: "scatter",
        mode: "lines",
        name: fronts.length > 1 ? `Pareto front, ${name ?? "no data set"}` : "Pareto front",
        x: members.map((at) => points[at].x),
        y: members.map((at) => points[at].y),
        line: { color: palette.text, width: 1.5, dash: "dot", shape: "hv" },
        hoverinfo: "skip",
      })),
      ...groups.map((group, k) => {
        const members = points.map((_, at) => at).filter((at) => models.groups[at] === group && shown[at]);
        return {
          type: "scatter",
          mode: "markers",
          name: group,
          x: members.map((at) => points[at].x),
          y: members.map((at) => points[at].y),
          text: members.map((at) => models.names[at]),
          customdata: members,
          hovertemplate: "%{text}<br>%{x:.4g} · %{y:.4g}<extra>" + group + "</extra>",
          marker: {
            color: palette.series[k % palette.series.length],
            symbol: SYMBOLS[k % SYMBOLS.length],
            size: members.map((at) => (front.includes(at) ? 12 : 8)),
            line: { color: members.map((at) => (front.includes(at) ? palette.text : palette.surface)), width: 1.2 },
            opacity: 0.9,
          },
        };
      }),
    ],
    layout: {
      title: { text: `${y.title} against ${lower(x.title)}`, font: { size: 13 }, x: 0, xref: "paper" },
      margin: { l: 64, r: 12, t: 40, b: 12 },
      height: heightWithLegend(440, fronts.length + groups.length),
      xaxis: { title: { text: axisTitle(x) }, automargin: true, zeroline: false },
      yaxis: { title: { text: axisTitle(y), standoff: 8 }, automargin: true, zeroline: false },
      showlegend: true,
      legend: LEGEND_BELOW,
      hovermode: "closest",
    },
  };
}

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down"];

/** @param {Column} column */
export const axisTitle = ({ title, unit, higher_is_better: higher }) =>
  `${title}${unit ? ` [${unit}]` : ""} (${higher ? "higher" : "lower"} is better)`;

/** @param {string} title */
const lower = (title) => (/^[A-Z][a-z]/.test(title) ? title[0].toLowerCase() + title.slice(1) : title);

/** @typedef {"low" | "high"} Better which end of an axis is better */

/**
 * Find the points that no other point beats: beating is being at least as good on both axes and better on one.
 * @param {{ x: number, y: number }[]} points
 * @param {{x: Better, y: Better}} better
 * @returns {number[]} indices of the front, in order of x from best to worst
 */
export function paretoFront(points, better) {
  const signX = better.x === "low" ? 1 : -1;
  const signY = better.y === "low" ? 1 : -1;
  const order = points
    .map((_, index) => index)
    .filter((index) => Number.isFinite(points[index].x) && Number.isFinite(points[index].y))
    .sort((a, b) => signX * (points[a].x - points[b].x) || signY * (points[a].y - points[b].y));
  /** @type {number[]} */
  const front = [];
  let bestY = Infinity;
  let bestX = NaN;
  for (const index of order) {
    const y = signY * points[index].y;
    if (y < bestY || (y === bestY && points[index].x === bestX)) {
      front.push(index);
      bestY = y;
      bestX = points[index].x;
    }
  }
  return front;
}
