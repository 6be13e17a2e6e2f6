/** Factors: the mixed-radix number of a combination on a complete grid, first factor slowest, and which latents move. */

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
 * What a class means, in words: "sphere", "0.83", "-13 deg".
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
 * Image indices of all values of every factor, around one combination, on a complete grid.
 *
 * @param {readonly number[]} classes the combination
 * @param {readonly number[]} sizes
 * @returns {number[][]} one list a factor, in order of its values
 */
export const sweepIndices = (classes, sizes) =>
  sizes.map((size, factor) =>
    Array.from({ length: size }, (_, value) => toIndex(withValue(classes, factor, value), sizes)),
  );

/**
 * Standard deviation of each posterior mean over the values of a factor, in units of its deviation over the data set.
 *
 * @param {number[][]} codes posterior means, one row a value of the factor
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
