/** Directions of factors in the latent space, from the regression of codes on all factors. */

/**
 * Return the regressors of a class: its place for an ordered factor, a point on the circle for a cyclic one, one
 * indicator for each class but the first for categories.
 * @param {import("../types").FactorKind} kind
 * @param {number} size
 * @param {number} at class; between classes where the kind has an order
 * @returns {number[]}
 */
function embed(kind, size, at) {
  if (kind === "cyclic") return [Math.cos((2 * Math.PI * at) / size), Math.sin((2 * Math.PI * at) / size)];
  if (kind === "categorical")
    return Array.from({ length: Math.max(0, size - 1) }, (_, i) => (Math.round(at) === i + 1 ? 1 : 0));
  return [size > 1 ? at / (size - 1) : 0];
}

/**
 * Fit the directions of all factors together, so that each holds for fixed other factors.
 * @param {import("../types").Sample} sample
 */
export function fitDirections(sample) {
  const { factor_kinds: kinds, factor_sizes: sizes } = sample;
  const rows = sample.factors.map((classes) => [1, ...classes.flatMap((at, k) => embed(kinds[k], sizes[k], at))]);
  const coefficients = leastSquares(rows, sample.codes);
  let next = 1;
  const blocks = kinds.map((kind, k) => {
    const width = embed(kind, sizes[k], 0).length;
    const block = coefficients.slice(next, next + width);
    next += width;
    return block;
  });

  /**
   * Return the change of the code when factor k goes from one class to another.
   * @param {number} k
   * @param {number} from
   * @param {number} to
   * @returns {number[]}
   */
  function move(k, from, to) {
    const start = embed(kinds[k], sizes[k], from);
    const end = embed(kinds[k], sizes[k], to);
    return sample.codes[0].map((_, d) => blocks[k].reduce((sum, row, i) => sum + row[d] * (end[i] - start[i]), 0));
  }

  /**
   * Return the shares of the latents in the direction: mean squared change over all classes, in units of each latent's
   * variance; entanglement is one minus the largest share.
   * @param {number} k
   * @param {readonly number[]} std of each latent
   */
  function spread(k, std) {
    const middle = (sizes[k] - 1) / 2;
    const energy = std.map(() => 0);
    for (let at = 0; at < sizes[k]; at += 1) {
      move(k, kinds[k] === "categorical" ? 0 : middle, at).forEach((change, d) => {
        energy[d] += std[d] > 1e-4 ? (change / std[d]) ** 2 : 0;
      });
    }
    const total = energy.reduce((a, b) => a + b, 0) || 1;
    const shares = energy.map((value) => value / total);
    return { shares, entanglement: 1 - Math.max(...shares) };
  }
  return { move, spread };
}

/**
 * Return the coefficients B (columns of x times columns of y) that minimise |y - x B|^2, by the normal equations with
 * a small ridge for collinear columns.
 * @param {readonly (readonly number[])[]} x (n, p), with its own column of ones for a constant
 * @param {readonly (readonly number[])[]} y (n, q)
 * @returns {number[][]} (p, q)
 */
export function leastSquares(x, y) {
  const p = x[0].length;
  const q = y[0].length;
  const system = Array.from({ length: p }, () => new Array(p + q).fill(0));
  x.forEach((row, n) => {
    for (let i = 0; i < p; i += 1) {
      if (row[i] === 0) continue;
      for (let j = 0; j < p; j += 1) system[i][j] += row[i] * row[j];
      for (let j = 0; j < q; j += 1) system[i][p + j] += row[i] * y[n][j];
    }
  });
  const trace = system.reduce((sum, row, i) => sum + row[i], 0);
  system.forEach((row, i) => (row[i] += 1e-9 * trace + 1e-12));
  return eliminate(system, p);
}

/**
 * Solve by Gauss-Jordan elimination with pivoting, in place.
 * @param {number[][]} system (p, p + q)
 * @param {number} p
 */
function eliminate(system, p) {
  for (let k = 0; k < p; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < p; i += 1) if (Math.abs(system[i][k]) > Math.abs(system[pivot][k])) pivot = i;
    [system[k], system[pivot]] = [system[pivot], system[k]];
    const scale = system[k][k];
    system[k] = system[k].map((value) => value / scale);
    for (let i = 0; i < p; i += 1) {
      const factor = system[i][k];
      if (i === k || factor === 0) continue;
      system[i] = system[i].map((value, j) => value - factor * system[k][j]);
    }
  }
  return system.map((row) => row.slice(p));
}
