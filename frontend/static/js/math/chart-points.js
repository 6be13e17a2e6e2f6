/** Points of a chart for the keyboard: their order, their neighbours, their texts. */

/**
 * @typedef {object} Trace a trace of a Plotly figure, as far as points are concerned
 * @property {string} [type]
 * @property {string} [mode]
 * @property {any[]} [x]
 * @property {any[]} [y]
 * @property {any[][]} [z]
 * @property {any[]} [customdata]
 * @property {string} [hoverinfo]
 * @property {string} [hovertemplate]
 * @typedef {{ curve: number, at: number[] }} Place `at`: [row, column] of a cell, else [number of the point]
 */

const TYPES = ["scatter", "bar", "heatmap"];

/**
 * Return all points in the order of the data: cells row by row, traces one after the other, without points that have
 * no numbers and traces of `hoverinfo: "skip"`.
 * @param {Trace[]} traces
 * @returns {Place[]}
 */
export function placesOf(traces) {
  return traces.flatMap((trace, curve) => {
    if (trace.hoverinfo === "skip" || !TYPES.includes(trace.type ?? "scatter")) return [];
    if (trace.z) return trace.z.flatMap((row, j) => row.map((_, i) => ({ curve, at: [j, i] })));
    const n = Math.max(trace.x?.length ?? 0, trace.y?.length ?? 0);
    return Array.from({ length: n }, (_, i) => ({ curve, at: [i] })).filter(
      ({ at: [i] }) => (trace.y?.[i] ?? null) !== null,
    );
  });
}

/**
 * Return the point that a click on a place would give its listener.
 * @param {Trace[]} traces
 * @param {Place} place
 * @returns {any}
 */
export function pointAt(traces, { curve, at }) {
  const data = traces[curve];
  if (data.z) {
    const [j, i] = at;
    const [x, y] = [data.x?.[i] ?? i, data.y?.[j] ?? j];
    return { curveNumber: curve, pointNumber: at, data, x, y, z: data.z[j][i], customdata: data.customdata?.[j]?.[i] };
  }
  const [i] = at;
  const [x, y] = [data.x?.[i] ?? i, data.y?.[i]];
  return { curveNumber: curve, pointNumber: i, data, x, y, customdata: data.customdata?.[i] };
}

/**
 * Return the place that a key leads to; null for other keys. Page Down and Page Up go through all points in the
 * order of the data, Home and End to the first and last. Arrows go to the neighbour: in a heat map the next cell,
 * along a line its next point and across to the next line, among loose points the nearest one on that side.
 * @param {Trace[]} traces
 * @param {Place | null} from null: nothing was chosen yet
 * @param {string} key of the keyboard event
 * @param {boolean} downwards the y axis grows downwards
 * @returns {Place | null}
 */
export function placeAfter(traces, from, key, downwards) {
  const all = placesOf(traces);
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
  if (!all.length || !(step || ["Home", "End", "PageUp", "PageDown"].includes(key))) return null;
  const index = from ? all.findIndex((place) => same(place, from)) : -1;
  if (index < 0 || !from) return key === "End" ? all[all.length - 1] : all[0];
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  if (key === "PageDown") return all[Math.min(all.length - 1, index + 1)];
  if (key === "PageUp") return all[Math.max(0, index - 1)];
  const [right, up] = /** @type {number[]} */ (step);
  const trace = traces[from.curve];
  if (trace.z) {
    const target = [from.at[0] + (downwards ? -up : up), from.at[1] + right];
    return all.find((place) => same(place, { curve: from.curve, at: target })) ?? from;
  }
  if ((trace.type ?? "scatter") === "scatter" && trace.mode === "markers") {
    return neighbour(traces, all, from, right, downwards ? -up : up);
  }
  if (right) return all.find((place) => same(place, { curve: from.curve, at: [from.at[0] + right] })) ?? from;
  return across(all, from, -up);
}

/** @param {Place} a @param {Place} b */
const same = (a, b) => a.curve === b.curve && a.at.join() === b.at.join();

/**
 * Return the point of the next trace, at the same number or its last one.
 * @param {Place[]} all
 * @param {Place} from
 * @param {number} step
 */
function across(all, from, step) {
  const curves = [...new Set(all.map(({ curve }) => curve))];
  const curve = curves[curves.indexOf(from.curve) + step];
  const there = all.filter((place) => place.curve === curve && place.at.length === 1);
  return there.find(({ at }) => at[0] >= from.at[0]) ?? there[there.length - 1] ?? from;
}

/**
 * Return the nearest point of the trace on one side; distance across counts twice, so that rows and columns are
 * followed.
 * @param {Trace[]} traces
 * @param {Place[]} all
 * @param {Place} from
 * @param {number} dx
 * @param {number} dy
 */
function neighbour(traces, all, from, dx, dy) {
  const points = all.filter(({ curve }) => curve === from.curve).map((place) => ({ place, ...pointAt(traces, place) }));
  const extent = (/** @type {"x" | "y"} */ key) => {
    const values = points.map((point) => Number(point[key]));
    return Math.max(...values) - Math.min(...values) || 1;
  };
  const [width, height] = [extent("x"), extent("y")];
  const here = pointAt(traces, from);
  let best = from;
  let least = Infinity;
  for (const { place, x, y } of points) {
    const [u, v] = [(x - here.x) / width, (y - here.y) / height];
    const ahead = dx ? dx * u : dy * v;
    if (ahead <= 1e-9) continue;
    const cost = ahead + 2 * Math.abs(dx ? v : u);
    if (cost < least) [best, least] = [place, cost];
  }
  return best;
}

/**
 * Return the points of the first one's trace in the rectangle between the two.
 * @param {Trace[]} traces
 * @param {Place} one
 * @param {Place} other
 * @returns {any[]}
 */
export function pointsBetween(traces, one, other) {
  const [a, b] = [pointAt(traces, one), pointAt(traces, other)];
  const inside = (/** @type {number} */ v, /** @type {number} */ p, /** @type {number} */ q) =>
    v >= Math.min(p, q) && v <= Math.max(p, q);
  return placesOf(traces)
    .filter(({ curve }) => curve === one.curve)
    .map((place) => pointAt(traces, place))
    .filter(({ x, y }) => inside(x, a.x, b.x) && inside(y, a.y, b.y));
}

/**
 * Return the text of a point, by its hover template where it has one.
 * @param {any} point of `pointAt`
 */
export function textOf(point) {
  const template = point.data.hovertemplate;
  if (!template) return [point.data.name, point.x, point.y].filter((part) => part !== undefined).join(", ");
  return template
    .replace(/<extra>.*?<\/extra>/g, "")
    .replace(
      /%\{([^}:]+)(?::([^}]*))?\}/g,
      (/** @type {string} */ _, /** @type {string} */ path, /** @type {string} */ form) =>
        written(valueAt(point, path), form),
    )
    .replace(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** @param {any} point @param {string} path e.g. `customdata[1]` */
function valueAt(point, path) {
  const keys = path.replaceAll(/\[(\w+)\]/g, ".$1").split(".");
  const from = keys[0] in point ? point : { ...point.data, fullData: point.data };
  return keys.reduce((value, key) => value?.[key], from);
}

/** @param {unknown} value @param {string} [form] of d3, of which decimals are taken */
function written(value, form) {
  if (typeof value !== "number") return String(value ?? "");
  const digits = /\.(\d+)/.exec(form ?? "")?.[1];
  return digits === undefined ? String(value) : String(Number(value.toFixed(Number(digits))));
}
