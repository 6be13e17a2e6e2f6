/** Rules of the distribution of training images, as texts of the settings and as values of sliders. Pure. */

/**
 * @typedef {{first: string, second: string, sigma: number, inverse: boolean}} Correlation
 * @typedef {{factor: string, from: number, to: number}} Term classes from `from` to `to` of a factor
 * @typedef {{terms: Term[]} | {text: string}} Combination `text`: a rule that no pair of sliders shows
 */

/**
 * "scale~-orientation:0.2"
 * @param {Correlation} rule
 */
export const correlationText = ({ first, second, sigma, inverse }) =>
  `${first}~${inverse ? "-" : ""}${second}:${Number(sigma.toPrecision(2))}`;

/**
 * @param {string} text
 * @returns {Correlation | null} null where it is none
 */
export function readCorrelation(text) {
  const [, first, sign, second, sigma] = /^([^~:]+)~(-?)([^~:]+):([0-9.e-]+)$/.exec(text) ?? [];
  return Number(sigma) > 0 ? { first, second, sigma: Number(sigma), inverse: sign === "-" } : null;
}

/**
 * "shape=2&object_hue=5-9"
 * @param {Combination} rule
 */
export const combinationText = (rule) =>
  "text" in rule
    ? rule.text
    : rule.terms.map(({ factor, from, to }) => `${factor}=${from === to ? from : `${from}-${to}`}`).join("&");

/**
 * @param {string} text
 * @returns {Combination}
 */
export function readCombination(text) {
  const terms = text.split("&").map((part) => /^\s*(.+)=(\d+)(?:-(\d+))?$/.exec(part));
  if (terms.some((term) => term === null)) return { text };
  return {
    terms: terms.map((term) => {
      const [, factor, from, to] = /** @type {RegExpExecArray} */ (term);
      return { factor, from: Number(from), to: Number(to ?? from) };
    }),
  };
}

/**
 * The option of `axiscope train` for rules; none without rules.
 * @param {Record<string, string[]>} rules by setting
 */
export const trainOptions = (rules) =>
  Object.entries(rules)
    .filter(([, texts]) => texts.length)
    .map(([name, texts]) => ` --data-set '${name}=${texts.join(",")}'`)
    .join("");
