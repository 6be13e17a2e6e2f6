/** Scales of parallel coordinates: every axis has its better end on top. */

/**
 * @typedef {{name: string, title: string, higherIsBetter: boolean}} Axis
 * @typedef {Axis & {low: number, high: number, ticks: number[], at: (value: number) => number}} ScaledAxis
 *   at: height in [0, 1], 1 is the better end
 */

/**
 * A step of 1, 2 or 5 times a power of ten that cuts `span` into about `count` parts.
 *
 * @param {number} span
 * @param {number} count
 * @returns {number}
 */
export function niceStep(span, count) {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const fraction = raw / power;
  return power * (fraction < 1.5 ? 1 : fraction < 3.5 ? 2 : fraction < 7.5 ? 5 : 10);
}

/**
 * @param {Axis} axis
 * @param {(number | null | undefined)[]} values
 * @returns {ScaledAxis | null} null where no model has a value
 */
export function scaleAxis(axis, values) {
  const finite = /** @type {number[]} */ (
    values.filter((value) => typeof value === "number" && Number.isFinite(value))
  );
  if (!finite.length) return null;
  let [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (high - low < 1e-9) {
    const pad = Math.abs(high) * 0.05 || 0.5;
    [low, high] = [low - pad, high + pad];
  }
  const step = niceStep(high - low, 4);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) =>
    Number((low + index * step).toPrecision(12)),
  );
  const at = (/** @type {number} */ value) => {
    const share = (value - low) / (high - low);
    return axis.higherIsBetter ? share : 1 - share;
  };
  return { ...axis, low, high, ticks, at };
}

/**
 * Lines of one model across the axes, broken where a value is missing.
 *
 * @param {ScaledAxis[]} axes
 * @param {(number | null | undefined)[]} values one an axis
 * @returns {{axis: number, height: number}[][]} runs of joined points
 */
export function polylines(axes, values) {
  /** @type {{axis: number, height: number}[][]} */
  const runs = [];
  let open = false;
  axes.forEach((axis, index) => {
    const value = values[index];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      open = false;
      return;
    }
    if (!open) runs.push([]);
    runs[runs.length - 1].push({ axis: index, height: axis.at(value) });
    open = true;
  });
  return runs;
}
