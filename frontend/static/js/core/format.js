/** Text of numbers and names. */

/**
 * Write a number with a fixed number of digits, without minus zero; "–" where there is none.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function fixed(value, digits = 2) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/**
 * Write as `fixed`, without the zero before the point, as papers print correlations.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function unitless(value, digits = 2) {
  return fixed(value, digits).replace(/^(-?)0\./, "$1.");
}

/** Write a count: 211453 -> "211,453". @param {number} value */
export const thousands = (value) => value.toLocaleString("en-US");

/** Write three significant digits, with an exponent only for very small and large numbers. @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** Write an identifier as words: "floor_hue" -> "floor hue". @param {string} name */
export const labelOf = (name) => name.replaceAll("_", " ");

/** Write a size: 1536000 -> "1.5 MB". @param {number} bytes */
export function bytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Write a duration: 3725 -> "1 h 2 min". @param {number} seconds */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** An interval with more than this share on one side of the score is written by its ends. */
const ONE_SIDED = 0.75;

/**
 * Write the interval of a score: half its width, or its ends where the score is far from the middle.
 * @param {readonly [number, number]} interval
 * @param {number | null} score
 * @param {(value: number) => string} text
 * @param {string} [sign]
 */
export function spread([low, high], score, text, sign = "±") {
  const above = (high - (score ?? low)) / (high - low || 1);
  const far = score !== null && Math.max(above, 1 - above) > ONE_SIDED && high - low > 0.02 * Math.abs(high);
  return far ? `${text(low)}–${text(high)}` : `${sign}${text((high - low) / 2)}`;
}
