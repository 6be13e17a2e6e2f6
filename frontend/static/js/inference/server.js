/** Decoder on the server, by PNG: several pictures come as one column, which is split here. */

import { Problem, request } from "../core/api.js";

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
    const rgba = await columnPixels(await answer.blob(), width, height, vectors.length);
    return { rgba, ms: performance.now() - start };
  };
}

/**
 * Wrap a decoder to report when the server stops answering and when it answers again.
 * @template R
 * @param {(vectors: number[][]) => Promise<R>} decode
 * @param {(problem: string) => void} report called with why there is no answer, or ""
 * @returns {(vectors: number[][]) => Promise<R>}
 */
export function withStatus(decode, report) {
  return async (vectors) => {
    try {
      const decoded = await decode(vectors);
      report("");
      return decoded;
    } catch (error) {
      if (error instanceof Problem && error.status === 0) report(error.message);
      throw error;
    }
  };
}

/** @type {OffscreenCanvasRenderingContext2D | null} */
let scratch = null;

/**
 * @param {number} width
 * @param {number} height
 */
function scratchOf(width, height) {
  if (!scratch || scratch.canvas.width !== width || scratch.canvas.height !== height) {
    scratch = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  }
  if (!scratch)
    throw new Error("this browser cannot read pixels from a canvas; use a current Chrome, Firefox or Safari");
  return scratch;
}

/** @param {Blob} blob */
const open = (blob) => createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });

/**
 * Read a picture file as RGBA, scaled to the given size.
 * @param {Blob} blob
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Uint8ClampedArray<ArrayBuffer>>}
 */
export async function pixelsOf(blob, width, height) {
  const bitmap = await open(blob);
  const context = scratchOf(width, height);
  context.clearRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height).data;
}

/**
 * Read pictures that stand in one column as RGBA, one after the other, without the space between them.
 * @param {Blob} blob
 * @param {number} width of a picture
 * @param {number} height of a picture
 * @param {number} n
 */
async function columnPixels(blob, width, height, n) {
  const bitmap = await open(blob);
  const gap = n > 1 ? (bitmap.height - n * height) / (n - 1) : 0;
  const context = scratchOf(width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  if (!gap) return context.getImageData(0, 0, width, n * height).data;
  const rgba = new Uint8ClampedArray(4 * width * height * n);
  for (let i = 0; i < n; i += 1) {
    rgba.set(context.getImageData(0, i * (height + gap), width, height).data, 4 * width * height * i);
  }
  return rgba;
}
