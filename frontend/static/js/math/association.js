/**
 * How strongly a latent and a factor go together: Pearson, and measures for factors Pearson is not meant for. Pure.
 * Matrices are [latent][factor].
 */

/**
 * Pearson correlation; 0 for a constant column (as CbD defines it).
 * @param {readonly number[]} x
 * @param {readonly number[]} y
 */
export function pearsonOrZero(x, y) {
  const mx = mean(x);
  const my = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i += 1) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xx > 1e-12 && yy > 1e-12 ? xy / Math.sqrt(xx * yy) : 0;
}

/**
 * Correlation ratio eta of x over the classes: sqrt(between / total variance), in [0, 1]. Any kind of dependence of
 * the class means counts, whatever the order of the classes.
 * @param {readonly number[]} x
 * @param {readonly number[]} classes
 */
export function correlationRatio(x, classes) {
  /** @type {Map<number, { n: number, sum: number }>} */
  const groups = new Map();
  x.forEach((value, i) => {
    const group = groups.get(classes[i]) ?? { n: 0, sum: 0 };
    group.n += 1;
    group.sum += value;
    groups.set(classes[i], group);
  });
  const m = mean(x);
  const total = x.reduce((sum, value) => sum + (value - m) ** 2, 0);
  if (total <= 1e-12) return 0;
  let between = 0;
  for (const { n, sum } of groups.values()) between += n * (sum / n - m) ** 2;
  return Math.sqrt(between / total);
}

/**
 * Circular-linear correlation of x with an angle that has `size` equally spaced classes (Mardia 1976): the multiple
 * correlation of x with (cos, sin), in [0, 1].
 * @param {readonly number[]} x
 * @param {readonly number[]} classes
 * @param {number} size
 */
export function circularCorrelation(x, classes, size) {
  const angles = classes.map((c) => (2 * Math.PI * c) / size);
  const cos = angles.map(Math.cos);
  const sin = angles.map(Math.sin);
  const xc = pearsonOrZero(x, cos);
  const xs = pearsonOrZero(x, sin);
  const cs = pearsonOrZero(cos, sin);
  if (Math.abs(cs) > 1 - 1e-9) return Math.max(Math.abs(xc), Math.abs(xs));
  return Math.sqrt(Math.max(0, Math.min(1, (xc ** 2 + xs ** 2 - 2 * xc * xs * cs) / (1 - cs ** 2))));
}

/**
 * Pearson of every latent with every factor, signed.
 * @param {import("../types").Sample} sample
 * @returns {number[][]}
 */
export function pearsonMatrix(sample) {
  const factors = columns(sample.factors);
  return columns(sample.codes).map((code) => factors.map((factor) => pearsonOrZero(code, factor)));
}

/**
 * The same as the manifest has it, from more images than travel to the page; null when it names other factors.
 * @param {import("../types").Model} model
 * @param {readonly string[]} names
 * @returns {number[][] | null}
 */
export function knownPearson(model, names) {
  const known = model.statistics.every(({ correlations }) => names.every((name) => name in (correlations ?? {})));
  return known && names.length ? model.statistics.map((s) => names.map((name) => s.correlations[name])) : null;
}

/**
 * The measure each factor's kind is meant for: Pearson (absolute) where classes have an order, correlation ratio for
 * categories, circular-linear correlation for cycles.
 * @param {import("../types").Sample} sample
 * @returns {number[][]}
 */
export function associationMatrix(sample) {
  const factors = columns(sample.factors);
  return columns(sample.codes).map((code) =>
    factors.map((factor, k) => {
      const kind = sample.factor_kinds[k];
      if (kind === "categorical") return correlationRatio(code, factor);
      if (kind === "cyclic") return circularCorrelation(code, factor, sample.factor_sizes[k]);
      return Math.abs(pearsonOrZero(code, factor));
    }),
  );
}

/**
 * Correlation-based disentanglement (Mogultay Ozcan 2024, eq. 5.3-5.9): gaps between the largest and second largest
 * absolute correlation, per latent and per factor, and their means.
 * @param {number[][]} matrix
 */
export function cbd(matrix) {
  const gap = (/** @type {number[]} */ values) => {
    const sorted = values.map(Math.abs).sort((a, b) => b - a);
    return (sorted[0] ?? 0) - (sorted[1] ?? 0);
  };
  const rows = matrix.map(gap);
  const cols = (matrix[0] ?? []).map((_, k) => gap(matrix.map((row) => row[k])));
  const compactness = mean(rows);
  const modularity = mean(cols);
  return { rows, columns: cols, compactness, modularity, score: (compactness + modularity) / 2 };
}

/**
 * Order of rows that brings large values to the diagonal: for each factor in turn the strongest latent still free.
 * @param {number[][]} matrix
 * @returns {number[]} latent indices
 */
export function diagonalOrder(matrix) {
  const free = new Set(matrix.keys());
  /** @type {number[]} */
  const order = [];
  for (let k = 0; k < (matrix[0]?.length ?? 0) && free.size; k += 1) {
    const best = [...free].reduce((a, b) => (Math.abs(matrix[b][k]) > Math.abs(matrix[a][k]) ? b : a));
    free.delete(best);
    order.push(best);
  }
  const strength = (/** @type {number} */ i) => Math.max(...matrix[i].map(Math.abs));
  return [...order, ...[...free].sort((a, b) => strength(b) - strength(a))];
}

/**
 * Columns of a table of rows.
 * @param {readonly (readonly number[])[]} rows
 * @returns {number[][]}
 */
export const columns = (rows) => (rows[0] ?? []).map((_, k) => rows.map((row) => row[k]));

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
