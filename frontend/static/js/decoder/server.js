/** The decoder on the server, by PNG: several pictures come as one column, so that their pixels lie one after the other. */

import { request } from "../api.js";

/**
 * @param {string} model id
 * @param {number[]} shape height, width, channels
 * @returns {(vectors: number[][]) => Promise<import("./browser.js").Decoded>}
 */
export function serverDecoder(model, shape) {
  const [height, width] = shape;
  return async (vectors) => {
    const start = performance.now();
    const answer = await request("/decode", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "image/png" },
      body: JSON.stringify({ model, latents: vectors, columns: 1 }),
    });
    const rgba = await pixelsOf(await answer.blob(), width, height * vectors.length);
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
