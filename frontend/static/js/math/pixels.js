/** Pixels: planes of floats as RGBA, differences on a diverging scale. */

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */

/**
 * Write one picture of shape (channels, height, width) in [0, 1] as RGBA; one channel becomes grey.
 * @param {Float32Array} planes
 * @param {number} offset of the picture in `planes`
 * @param {number} pixels height * width
 * @param {number} channels 1 or 3
 * @param {Rgba} out
 * @param {number} at offset in `out`
 */
export function planesToRgba(planes, offset, pixels, channels, out, at) {
  const green = channels >= 3 ? pixels : 0;
  const blue = channels >= 3 ? 2 * pixels : 0;
  for (let i = 0; i < pixels; i += 1) {
    const to = at + 4 * i;
    out[to] = 255 * planes[offset + i];
    out[to + 1] = 255 * planes[offset + i + green];
    out[to + 2] = 255 * planes[offset + i + blue];
    out[to + 3] = 255;
  }
}

/**
 * Return floats of shape (n, height, width, channels) in [0, 1] as n RGBA pictures, one after the other.
 * @param {ArrayLike<number>} data
 * @param {number} channels
 * @returns {Rgba}
 */
export function interleavedToRgba(data, channels) {
  const pixels = data.length / channels;
  const out = new Uint8ClampedArray(4 * pixels);
  for (let i = 0; i < pixels; i += 1) {
    out[4 * i] = 255 * data[i * channels];
    out[4 * i + 1] = 255 * data[i * channels + (channels >= 3 ? 1 : 0)];
    out[4 * i + 2] = 255 * data[i * channels + (channels >= 3 ? 2 : 0)];
    out[4 * i + 3] = 255;
  }
  return out;
}

/**
 * Return a - b, averaged over channels, from blue (less) over white to red (more), full colour at +-1.
 * @param {Rgba} a
 * @param {Rgba} b
 * @param {number[]} [neutral] colour of no difference
 * @returns {Rgba}
 */
export function difference(a, b, neutral = WHITE) {
  const table = scale(neutral);
  const out = new Uint8ClampedArray(a.length);
  for (let i = 0; i < a.length; i += 4) {
    const sum = a[i] - b[i] + a[i + 1] - b[i + 1] + a[i + 2] - b[i + 2];
    const at = 3 * (sum + 765);
    out[i] = table[at];
    out[i + 1] = table[at + 1];
    out[i + 2] = table[at + 2];
    out[i + 3] = 255;
  }
  return out;
}

/** @type {Map<number[], Uint8ClampedArray>} */
const scales = new Map();

/**
 * Return the colours of all sums of three differences, -765 to 765; the square root makes small ones visible.
 * @param {number[]} neutral
 */
function scale(neutral) {
  let table = scales.get(neutral);
  if (!table) {
    table = new Uint8ClampedArray(3 * 1531);
    for (let sum = -765; sum <= 765; sum += 1) {
      table.set(diverging(Math.sign(sum) * Math.sqrt(Math.abs(sum) / 765), neutral), 3 * (sum + 765));
    }
    scales.set(neutral, table);
  }
  return table;
}

/** Blue, white, red; the ends are those of the signed correlation map. In the dark theme the middle is dark. */
const BLUE = [33, 102, 172];
export const WHITE = [247, 247, 247];
export const DARK = [28, 33, 42];
const RED = [178, 24, 43];

/**
 * @param {number} value in [-1, 1]
 * @param {number[]} [neutral]
 * @returns {number[]} red, green, blue, 0 to 255
 */
export function diverging(value, neutral = WHITE) {
  const end = value < 0 ? BLUE : RED;
  const t = Math.min(1, Math.abs(value));
  return [0, 1, 2].map((k) => neutral[k] + (end[k] - neutral[k]) * t);
}

/**
 * Return the mean squared difference of two pictures per pixel and channel, for values in [0, 1].
 * @param {Rgba} a
 * @param {Rgba} b
 */
export function meanSquaredError(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 4) {
    for (let k = 0; k < 3; k += 1) sum += ((a[i + k] - b[i + k]) / 255) ** 2;
  }
  return sum / (0.75 * a.length);
}
