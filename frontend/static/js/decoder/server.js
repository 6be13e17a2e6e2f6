/** The decoder on the server: one picture as PNG (few bytes), several as npy. */

import { request } from "../api.js";
import { readNpy } from "../math/npy.js";
import { interleavedToRgba } from "../math/pixels.js";

/**
 * @param {string} model id
 * @param {number[]} shape height, width, channels
 * @returns {(vectors: number[][]) => Promise<import("./browser.js").Decoded>}
 */
export function serverDecoder(model, shape) {
  const [height, width, channels] = shape;
  return async (vectors) => {
    const start = performance.now();
    const single = vectors.length === 1;
    const answer = await request("/decode", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: single ? "image/png" : "application/x-npy" },
      body: JSON.stringify({ model, latents: vectors }),
    });
    const rgba = single
      ? await pixelsOf(await answer.blob(), width, height)
      : interleavedToRgba(readNpy(await answer.arrayBuffer()).data, channels);
    return { rgba, ms: performance.now() - start };
  };
}

/** @type {OffscreenCanvasRenderingContext2D | null} */
let scratch = null;

/**
 * RGBA of a picture file, scaled to the given size.
 * @param {Blob} blob
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Uint8ClampedArray<ArrayBuffer>>}
 */
export async function pixelsOf(blob, width, height) {
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  if (!scratch || scratch.canvas.width !== width || scratch.canvas.height !== height) {
    scratch = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  }
  if (!scratch) throw new Error("this browser cannot read pixels from a canvas");
  scratch.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return scratch.getImageData(0, 0, width, height).data;
}
