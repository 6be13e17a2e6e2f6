/** Summaries of small samples: quantiles, box plots, mean and deviation. */

/**
 * Return a quantile by linear interpolation between order statistics (type 7, NumPy's default).
 *
 * @param {number[]} sorted ascending, not empty
 * @param {number} probability in [0, 1]
 * @returns {number}
 */
export function quantile(sorted, probability) {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/**
 * @param {number[]} values
 * @returns {number} NaN for no values
 */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Return the sample standard deviation (denominator n - 1); NaN for fewer than two values.
 *
 * @param {number[]} values
 * @returns {number}
 */
export function deviation(values) {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/**
 * Return Tukey's box: quartiles, whiskers to the last values within 1.5 interquartile ranges, the rest outliers.
 *
 * @typedef {{n: number, low: number, q1: number, median: number, q3: number, high: number, outliers: number[]}} Box
 * @param {number[]} values
 * @returns {Box | null} null for no finite value
 */
export function box(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((probability) => quantile(sorted, probability));
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  const outliers = sorted.filter((value) => value < q1 - reach || value > q3 + reach);
  return { n: sorted.length, low: inside[0], q1, median, q3, high: inside[inside.length - 1], outliers };
}

/**
 * Return the value of a curve at `at`, linear between its points and null outside them.
 *
 * @param {number[]} xs ascending
 * @param {number[]} ys
 * @param {number} at
 * @returns {number | null}
 */
export function interpolate(xs, ys, at) {
  if (!xs.length || at < xs[0] || at > xs[xs.length - 1]) return null;
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= at) low = middle;
    else high = middle;
  }
  const width = xs[high] - xs[low];
  return width === 0 ? ys[high] : ys[low] + ((ys[high] - ys[low]) * (at - xs[low])) / width;
}

/**
 * Return mean and standard deviation of several curves on the steps of the first, where all of them exist.
 *
 * @param {{x: number[], y: number[]}[]} curves
 * @returns {{x: number[], mean: number[], deviation: number[]}}
 */
export function band(curves) {
  /** @type {{x: number[], mean: number[], deviation: number[]}} */
  const result = { x: [], mean: [], deviation: [] };
  for (const at of curves.length ? curves[0].x : []) {
    const values = curves.map((curve) => interpolate(curve.x, curve.y, at));
    if (values.some((value) => value === null || !Number.isFinite(value))) continue;
    const numbers = /** @type {number[]} */ (values);
    result.x.push(at);
    result.mean.push(mean(numbers));
    result.deviation.push(numbers.length > 1 ? deviation(numbers) : 0);
  }
  return result;
}
