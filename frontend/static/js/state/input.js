/** Getting an input image: its pixels and its code. */

import { request, sendJson } from "../api.js";
import { pixelsOf } from "../decoder/server.js";

/** @typedef {{ pixels: Uint8ClampedArray<ArrayBuffer>, mean: number[] }} Encoded */

/** @param {string} dataset @param {number} index */
export const imagePath = (dataset, index) => `/api/v1/datasets/${encodeURIComponent(dataset)}/images?index=${index}`;

/**
 * @param {import("../types").Model} model
 * @param {number} index image of the model's data set
 * @param {AbortSignal} [signal]
 * @returns {Promise<Encoded>}
 */
export async function encodeIndex(model, index, signal) {
  const [pixels, code] = await Promise.all([
    indexPixels(model, index, signal),
    sendJson("POST", "/encode", { model: model.id, indices: [index] }, { signal }),
  ]);
  return { pixels, mean: code.mu[0] };
}

/**
 * @param {import("../types").Model} model
 * @param {number} index
 * @param {AbortSignal} [signal]
 */
export async function indexPixels(model, index, signal) {
  const [height, width] = model.image_shape;
  const answer = await request(imagePath(model.dataset ?? "", index), { headers: { Accept: "image/png" }, signal });
  return pixelsOf(await answer.blob(), width, height);
}

/**
 * A picture file, scaled to the model's size; grey where the model is grey.
 * @param {import("../types").Model} model
 * @param {Blob} file
 * @param {AbortSignal} [signal]
 * @returns {Promise<Encoded>}
 */
export async function encodeFile(model, file, signal) {
  const [height, width, channels] = model.image_shape;
  const pixels = await pixelsOf(file, width, height).catch(() => {
    throw new Error("This file is not a picture the browser can read: use PNG, JPEG, WebP or GIF");
  });
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const at = 4 * (y * width + x);
      const rgb = [pixels[at] / 255, pixels[at + 1] / 255, pixels[at + 2] / 255];
      return channels === 1 ? [0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]] : rgb;
    }),
  );
  const code = await sendJson("POST", "/encode", { model: model.id, images: [rows] }, { signal });
  return { pixels, mean: code.mu[0] };
}
