/** Animated GIF of RGBA frames, by gifenc, which is loaded at the first export. */

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */

const LIBRARY = "../../vendor/gifenc/gifenc.esm.js"; // a constant, so that tsc does not check the library
const COLOURS = 256;

/**
 * Encode frames as a GIF that repeats without end; one palette serves all frames.
 * @param {Rgba[]} frames of equal size
 * @param {number} width pixels of a frame
 * @param {number} height
 * @param {{ delay?: number, scale?: number }} [options] `delay` of a frame in milliseconds; `scale`: pixels of the GIF
 *   for each pixel of a frame, in width and height
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {Error} where the library is not installed
 */
export async function encodeGif(frames, width, height, { delay = 80, scale = 1 } = {}) {
  const { GIFEncoder, applyPalette, quantize } = await import(LIBRARY).catch(() => {
    throw new Error("GIF export needs gifenc, which is not installed on this server; run: make vendor");
  });
  const pixels = new Uint8ClampedArray(frames.length * frames[0].length);
  frames.forEach((frame, at) => pixels.set(frame, at * frame.length));
  const palette = quantize(pixels, COLOURS);
  const gif = GIFEncoder();
  frames.forEach((frame, at) => {
    const own = frame.slice(); // gifenc reads the whole buffer of a view
    const indices = enlarge(applyPalette(own, palette), width, height, scale);
    gif.writeFrame(indices, width * scale, height * scale, { palette: at ? undefined : palette, delay });
  });
  gif.finish();
  return gif.bytes();
}

/**
 * Repeat each pixel `scale` times in both directions.
 * @param {Uint8Array} indices
 * @param {number} width
 * @param {number} height
 * @param {number} scale
 */
function enlarge(indices, width, height, scale) {
  const out = new Uint8Array(indices.length * scale * scale);
  for (let y = 0; y < height * scale; y += 1) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < width * scale; x += 1) out[y * width * scale + x] = indices[row + Math.floor(x / scale)];
  }
  return out;
}
