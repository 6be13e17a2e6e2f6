/** How a latent answers to a factor: mean and band of the code per class. Pure. */

/**
 * @param {readonly number[]} code one value per image
 * @param {readonly number[]} classes
 * @param {number} size
 * @returns {{ n: number, mean: number, low: number, high: number }[]} per class: mean, mean -+ standard deviation
 */
export function tuningCurve(code, classes, size) {
  const groups = Array.from({ length: size }, () => /** @type {number[]} */ ([]));
  code.forEach((value, i) => groups[classes[i]]?.push(value));
  return groups.map((values) => {
    const n = values.length;
    if (!n) return { n, mean: NaN, low: NaN, high: NaN };
    const mean = values.reduce((a, b) => a + b, 0) / n;
    const std = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n);
    return { n, mean, low: mean - std, high: mean + std };
  });
}

/**
 * Evenly thinned positions, at most `limit` of `n`.
 * @param {number} n
 * @param {number} limit
 */
export function thin(n, limit) {
  const step = Math.max(1, n / limit);
  return Array.from({ length: Math.min(n, limit) }, (_, i) => Math.floor(i * step));
}
