/** Latents: ranges of sliders, order, states, and paths between points. */

/** @typedef {import("../types").LatentStatistics} Statistics */

/** Ranges of the sliders, by the name they have in links. */
export const RANGES = {
  data: "0.5–99.5 %",
  sigma1: "mean ± 1 std",
  sigma2: "mean ± 2 std",
  mu1: "encoded ± 1",
  prior3: "−3 to 3",
  minmax: "min–max",
  two: "−2 to 2",
  four: "0 to 4",
};

/** @typedef {keyof typeof RANGES} RangeName */

/** Orders of the rows, by the name they have in links. */
export const ORDERS = {
  kl: "KL",
  variance: "variance of μ",
  correlation: "max |correlation|",
  importance: "DCI importance",
  index: "index",
  manual: "manual",
};

/** @typedef {keyof typeof ORDERS} OrderName */

/**
 * Return the ends of a slider.
 * @param {string} name a `RangeName`, or "lo:hi"
 * @param {Statistics} statistics
 * @param {number} encoded value of the encoded image
 * @returns {[number, number]} low < high
 */
export function rangeOf(name, statistics, encoded) {
  const { mean, std, quantiles } = statistics;
  /** @type {Record<string, [number, number]>} */
  const ends = {
    data: [quantiles[0], quantiles[quantiles.length - 1]],
    sigma1: [mean - std, mean + std],
    sigma2: [mean - 2 * std, mean + 2 * std],
    mu1: [encoded - 1, encoded + 1],
    prior3: [-3, 3],
    minmax: [statistics.minimum, statistics.maximum],
    two: [-2, 2],
    four: [0, 4],
  };
  const [low, high] = ends[name] ?? customRange(name) ?? ends.data;
  const narrow = high - low < 0.2; // the data range of a dead latent is a point: show the scale of the prior
  return narrow && name !== "mu1" ? [Math.min(low, mean - 1), Math.max(high, mean + 1)] : [low, high];
}

/**
 * Read "−1.5:2" as two ends.
 * @param {string} text
 * @returns {[number, number] | undefined}
 */
export function customRange(text) {
  const ends = text.split(":").map(Number);
  return ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1] ? [ends[0], ends[1]] : undefined;
}

/**
 * Return `n` evenly spaced values from low to high, both included.
 * @param {number} low
 * @param {number} high
 * @param {number} n
 */
export function spaced(low, high, n) {
  return Array.from({ length: n }, (_, i) => (n === 1 ? (low + high) / 2 : low + ((high - low) * i) / (n - 1)));
}

/**
 * Return the latent indices in the order of the rows.
 * @param {string} order an `OrderName`
 * @param {Statistics[]} statistics
 * @param {{ importance?: number[] | null, manual?: number[] | null }} [known]
 * @returns {number[]}
 */
export function orderOf(order, statistics, { importance = null, manual = null } = {}) {
  const indices = statistics.map((_, i) => i);
  if (order === "index") return indices;
  if (order === "manual" && manual)
    return [...manual.filter((i) => i in statistics), ...indices.filter((i) => !manual.includes(i))];
  /** @type {(i: number) => number} */
  const key =
    {
      variance: (/** @type {number} */ i) => statistics[i].std ** 2,
      correlation: (/** @type {number} */ i) => Math.abs(statistics[i].best_correlation ?? 0),
      importance: (/** @type {number} */ i) => importance?.[i] ?? information(statistics[i]),
    }[order] ?? ((i) => information(statistics[i]));
  return indices.sort((a, b) => key(b) - key(a) || a - b);
}

/**
 * Number by which latents are ordered: the KL, or the variance of the codes of an autoencoder, which has no KL.
 * @param {Pick<Statistics, "kl_nats" | "std">} statistics
 */
export const information = ({ kl_nats, std }) => kl_nats ?? std ** 2;

/** Text in the place of the KL of an autoencoder. */
export const NO_KL = "none: an autoencoder has no KL";

/**
 * Count the latents in each state.
 * @param {Statistics[]} statistics
 * @returns {Record<import("../types").LatentState, number>}
 */
export function countStates(statistics) {
  const counts = { active: 0, weak: 0, dead: 0, saturated: 0 };
  for (const { state } of statistics) counts[state] += 1;
  return counts;
}

/**
 * Explain the state of a latent.
 * @param {Statistics} statistics
 */
export function reasonOf({ state, kl_nats, std, mean_sigma }) {
  const kl = kl_nats === null ? `KL ${NO_KL}` : `KL ${kl_nats.toFixed(3)} nats`;
  if (state === "dead")
    return `dead: ${kl} and variance of μ ${(std * std).toFixed(4)}, both at most 0.01; it carries no information`;
  if (state === "saturated")
    return `saturated: mean posterior sigma ${mean_sigma.toFixed(4)} is below 0.02; nearly deterministic`;
  if (state === "weak") return `weak: ${kl}, below 0.1`;
  return `active: ${kl}`;
}

/**
 * Return a smoothed histogram of values over [low, high], scaled to a maximum of 1.
 * @param {ArrayLike<number>} values
 * @param {number} low
 * @param {number} high
 * @param {number} [bins]
 * @returns {number[]}
 */
export function density(values, low, high, bins = 48) {
  const counts = new Array(bins).fill(0);
  for (let i = 0; i < values.length; i += 1) {
    const at = Math.floor(((values[i] - low) / (high - low)) * bins);
    if (at >= 0 && at < bins) counts[at] += 1;
  }
  const smooth = counts.map((_, i) => 0.25 * (counts[i - 1] ?? 0) + 0.5 * counts[i] + 0.25 * (counts[i + 1] ?? 0));
  const top = Math.max(...smooth, 1e-12);
  return smooth.map((count) => count / top);
}

/**
 * Return a copy of `vector` with one component replaced.
 * @param {readonly number[]} vector
 * @param {number} index
 * @param {number} value
 */
export function withValue(vector, index, value) {
  const copy = [...vector];
  copy[index] = value;
  return copy;
}

/**
 * Interpolate on the line.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 * @param {number} t 0 at a, 1 at b
 */
export const linear = (a, b, t) => a.map((value, i) => value + t * (b[i] - value));

/**
 * Interpolate on the sphere: angle and length change evenly (Shoemake 1985; White 2016 for latent spaces). Nearly
 * parallel and zero vectors are interpolated on the line.
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
