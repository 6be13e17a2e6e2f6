/** Lines, great circles and least squares. Pure. */

/**
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} t 0 at a, 1 at b
 */
export const linear = (a, b, t) => a.map((value, i) => value + t * (b[i] - value));

/**
 * Spherical interpolation: the angle and the length change evenly (Shoemake 1985; White 2016 for latent spaces).
 * Nearly parallel or zero vectors fall back to the line.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} t
 */
export function spherical(a, b, t) {
  const la = Math.hypot(...a);
  const lb = Math.hypot(...b);
  const cosine = la && lb ? a.reduce((sum, value, i) => sum + value * b[i], 0) / (la * lb) : 1;
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (sine < 1e-6) return linear(a, b, t);
  const length = la + t * (lb - la);
  const wa = Math.sin((1 - t) * angle) / sine;
  const wb = Math.sin(t * angle) / sine;
  return a.map((value, i) => length * ((wa * value) / la + (wb * b[i]) / lb));
}

/**
 * Coefficients B (columns of x times columns of y) that minimise |y - x B|^2, by the normal equations with a touch of
 * ridge, so that columns which repeat each other do no harm.
 * @param {readonly (readonly number[])[]} x (n, p), with its own column of ones where a constant is wanted
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
 * Gauss-Jordan elimination with pivoting, in place.
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
