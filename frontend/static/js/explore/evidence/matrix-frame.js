/** What the figures of latents x factors share: labelled rows and columns, bars beside and under them, the focus. */

import { token } from "../../core/theme.js";

/** Sizes in pixels, so that every model has the same cells, whatever its number of latents. */
export const CELL = 30;
const BAR = 36;
const SPACE = 10;
const LETTER = 6.3;
const SLANT = 38;

/** @typedef {import("../session.js").Session} Session */

/**
 * @param {Session} session
 * @param {object} what
 * @param {number[]} what.rows latent indices in the order of the rows
 * @param {string[]} what.columns labels of the columns
 * @param {[string, string]} what.sides titles of the bars beside the rows and under the columns
 * @param {number} [what.foot] pixels under the bars, for a legend
 */
export function matrixFrame(session, { rows, columns, sides: [beside, under], foot = 0 }) {
  const margin = { l: 76, r: 10, t: headroom(columns), b: 6 };
  const height = CELL * rows.length + SPACE + BAR + (foot && SPACE + foot);
  const share = (/** @type {number} */ fromBottom) => fromBottom / height;
  const barTop = share((foot && foot + SPACE) + BAR);
  const still = { fixedrange: true, showgrid: false, zeroline: false, ticks: "" };
  const title = (/** @type {string} */ text) => ({
    text,
    font: { size: 11, color: token("--soft") },
    standoff: 4,
  });
  return {
    still,
    title,
    footDomain: [0, share(foot)],
    layout: {
      height: height + margin.t + margin.b,
      margin,
      xaxis: {
        ...still,
        domain: [0, 0.84],
        range: [-0.5, columns.length - 0.5],
        tickvals: columns.map((_, k) => k),
        ticktext: columns,
        side: "top",
        tickangle: -SLANT,
      },
      yaxis: {
        ...still,
        domain: [barTop + share(SPACE), 1],
        range: [rows.length - 0.5, -0.5],
        tickvals: rows.map((_, j) => j),
        ticktext: rows.map((i) => rowLabel(session, i)),
      },
      xaxis2: {
        ...still,
        domain: [0.87, 1],
        anchor: "y",
        range: [0, 1],
        tickvals: [],
        title: title(beside),
        side: "top",
      },
      yaxis2: {
        ...still,
        domain: [barTop - share(BAR), barTop],
        anchor: "x",
        range: [0, 1],
        tickvals: [],
        title: title(under),
      },
      shapes: outlines(session, rows, columns.length),
      bargap: 0.55,
    },
  };
}

/** Room above the columns for their slanted labels. @param {string[]} labels */
function headroom(labels) {
  const longest = Math.max(...labels.map((label) => label.length), 1) * LETTER;
  return Math.ceil(longest * Math.sin((SLANT * Math.PI) / 180)) + 30;
}

/**
 * @param {number[]} values
 * @param {boolean} across beside the rows, else under the columns
 * @param {string} meaning
 */
export function sideBars(values, across, meaning) {
  const places = values.map((_, i) => i);
  return {
    type: "bar",
    orientation: across ? "h" : "v",
    x: across ? values : places,
    y: across ? places : values,
    xaxis: across ? "x2" : "x",
    yaxis: across ? "y" : "y2",
    marker: { color: token("--faint") },
    hovertemplate: `${meaning} %{${across ? "x" : "y"}:.3f}<extra></extra>`,
  };
}

/**
 * The row of the focused latent, and in it the cell of the chosen factor.
 * @param {Session} session
 * @param {number[]} rows
 * @param {number} columns
 */
function outlines(session, rows, columns) {
  const { focus, factor } = session.store.get();
  const row = rows.indexOf(focus);
  if (row < 0) return [];
  const box = (/** @type {number} */ x0, /** @type {number} */ x1, /** @type {number} */ width) => ({
    type: "rect",
    xref: "x",
    yref: "y",
    x0,
    x1,
    y0: row - 0.5,
    y1: row + 0.5,
    line: { color: token("--accent"), width },
    layer: "above",
  });
  return [box(-0.5, columns - 0.5, 1), ...(factor === null ? [] : [box(factor - 0.5, factor + 0.5, 2.5)])];
}

/**
 * @param {Session} session
 * @param {number} index
 */
export function rowLabel({ model, store }, index) {
  const { names } = store.get();
  const weight = learnedWeight(model.learned_weights, index);
  const dead = model.statistics[index].state === "dead" ? " dead" : "";
  return `<b>z${index}</b>${names[index] ? ` ${names[index]}` : dead}${weight === null ? "" : ` (${weight.toFixed(2)})`} `;
}

/**
 * Learned weight of a latent: mdL-VAE has one per latent.
 * @param {Record<string, any>} learned
 * @param {number} index
 * @returns {number | null}
 */
export function learnedWeight(learned, index) {
  for (const value of Object.values(learned ?? {})) {
    if (Array.isArray(value) && value.length > 1 && value.length > index) return Number(value[index]);
  }
  return null;
}
