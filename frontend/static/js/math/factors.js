/** Factors of a complete grid: the mixed-radix index of a combination, first factor slowest, and movement of latents. */

import { withValue } from "./latents.js";

/**
 * @param {readonly number[]} classes one class per factor
 * @param {readonly number[]} sizes
 */
export const toIndex = (classes, sizes) => classes.reduce((index, value, k) => index * sizes[k] + value, 0);

/**
 * @param {number} index
 * @param {readonly number[]} sizes
 * @returns {number[]}
 */
export function fromIndex(index, sizes) {
  const classes = new Array(sizes.length);
  let rest = index;
  for (let k = sizes.length - 1; k >= 0; k -= 1) {
    classes[k] = rest % sizes[k];
    rest = Math.floor(rest / sizes[k]);
  }
  return classes;
}

/**
 * Write the value of a class: "sphere", "0.83", "-13 deg".
 * @param {import("../types").Factor} factor
 * @param {number} index
 */
export function valueText(factor, index) {
  const value = factor.values?.[index];
  if (value === undefined) return `${index}`;
  if (typeof value === "string") return value;
  const number = String(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1)));
  return factor.unit ? `${number} ${factor.unit}` : number;
}

/**
 * Return the image indices of all values of each factor, with the other factors of one combination.
 *
 * @param {readonly number[]} classes the combination
 * @param {readonly number[]} sizes
 * @returns {number[][]} one list for each factor, in order of its values
 */
export const sweepIndices = (classes, sizes) =>
  sizes.map((size, factor) =>
    Array.from({ length: size }, (_, value) => toIndex(withValue(classes, factor, value), sizes)),
  );

/**
 * Return the standard deviation of each code over the values of a factor, in units of that over the data set.
 *
 * @param {number[][]} codes posterior means, one row for each value of the factor
 * @param {number[]} spread standard deviation of each latent over the data set
 * @returns {number[]} 0: does not move; about 1: moves as much as over the whole data set
 */
export function movement(codes, spread) {
  return spread.map((scale, latent) => {
    if (!codes.length || !(scale > 1e-6)) return 0;
    const values = codes.map((row) => row[latent]);
    const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
    return Math.sqrt(variance) / scale;
  });
}
