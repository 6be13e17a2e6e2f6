/** Mixed-radix arithmetic of a complete grid: first factor slowest, last fastest. Pure. */

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
