/** Figures of the service: read once, in the colours of the theme, with the rows in the order of the page. */

import { getJson, withQuery } from "../core/api.js";
import { token } from "../core/theme.js";

/** @typedef {import("../types").Figure} Figure */

/** Height of the service's title, which the page's panel has instead. */
const TITLE_PIXELS = 28;
/** Keys of a trace whose values belong to its points one by one. */
const PER_POINT = ["x", "customdata", "text"];

/** @type {Map<string, Promise<Figure>>} */
const known = new Map();

/**
 * Read a figure; a second call takes the answer to the first one.
 * @param {string} path of the model
 * @param {string} kind e.g. "pcc"
 * @param {Record<string, any>} [query]
 * @returns {Promise<Figure>}
 */
export function readFigure(path, kind, query) {
  const address = withQuery(`${path}/figures/${kind}`, query);
  const reading = known.get(address) ?? getJson(address);
  known.set(address, reading);
  reading.catch(() => known.delete(address));
  return reading;
}

/**
 * The figure in the colours of the theme. `layout.meta.colours` names the design token of each colour.
 * @param {Figure} figure
 * @returns {Figure}
 */
export function themed(figure) {
  const { colours } = figure.layout.meta;
  const tokens = new Map(
    Object.entries(colours).map(([colour, name]) => [colour, token(/** @type {string} */ (name))]),
  );
  const parts = new RegExp([...tokens.keys()].join("|"), "g");
  const { data, layout } = JSON.parse(
    JSON.stringify({ data: figure.data, layout: figure.layout }).replace(
      parts,
      (colour) => tokens.get(colour) ?? colour,
    ),
  );
  const { title, font, paper_bgcolor, plot_bgcolor, margin, height, meta, ...rest } = layout;
  return {
    data,
    layout: {
      ...rest,
      height: height - TITLE_PIXELS,
      margin: { ...margin, t: margin.t - TITLE_PIXELS },
      meta: { ...meta, title: title.text },
    },
  };
}

/**
 * A figure of latents by factors with its rows in another order.
 * @param {Figure} figure `layout.meta.latents` is the order of its rows
 * @param {number[]} order of all latents
 * @param {Record<number, string>} [names] that the person gave to latents
 * @returns {Figure}
 */
export function inOrder({ data, layout }, order, names = {}) {
  const rows = order.map((latent) => layout.meta.latents.indexOf(latent));
  const place = new Map(order.map((latent, row) => [latent, row]));
  const moved = (/** @type {any[]} */ values) => rows.map((row) => values[row]);
  /** @param {any} trace whose points begin their customdata with the latent */
  const pointwise = (trace) => {
    const points = [...trace.customdata.keys()].sort(
      (a, b) => (place.get(trace.customdata[a][0]) ?? 0) - (place.get(trace.customdata[b][0]) ?? 0),
    );
    const pick = (/** @type {any} */ values) => (Array.isArray(values) ? points.map((n) => values[n]) : values);
    const picked = PER_POINT.filter((key) => key in trace).map((key) => [key, pick(trace[key])]);
    return {
      ...trace,
      ...Object.fromEntries(picked),
      y: points.map((n) => place.get(trace.customdata[n][0])),
      ...(trace.marker && { marker: { ...trace.marker, size: pick(trace.marker.size) } }),
      ...(trace.textfont && { textfont: { ...trace.textfont, color: pick(trace.textfont.color) } }),
    };
  };
  const labels = moved(layout.yaxis.ticktext).map((label, row) =>
    label.replace(/^(z\d+)( dead)?/, (/** @type {string} */ _, /** @type {string} */ latent, dead = "") => {
      const name = names[order[row]];
      return `<b>${latent}</b>${name ? ` ${name}` : dead}`;
    }),
  );
  return {
    data: data.map((trace) => {
      if (trace.type === "heatmap") return { ...trace, z: moved(trace.z), customdata: moved(trace.customdata) };
      if (trace.orientation === "h") return { ...trace, x: moved(trace.x) };
      return trace.customdata ? pointwise(trace) : trace;
    }),
    layout: { ...layout, meta: { ...layout.meta, latents: order }, yaxis: { ...layout.yaxis, ticktext: labels } },
  };
}

/**
 * Outline the row of a latent, and in it the cell of a factor.
 * @param {Figure} figure
 * @param {number | undefined} latent
 * @param {number | null} [factor]
 * @returns {Figure}
 */
export function outlined({ data, layout }, latent, factor = null) {
  const row = layout.meta.latents.indexOf(latent);
  const columns = layout.meta.factors.length;
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
  const cell = factor === null ? [] : [box(factor - 0.5, factor + 0.5, 2.5)];
  return { data, layout: { ...layout, shapes: row < 0 ? [] : [box(-0.5, columns - 0.5, 1), ...cell] } };
}
