/** Input images: their pixels and their codes. */

import { copiedImages, getSample, isCopy, place, request, sendJson, withQuery } from "../core/api.js";
import { pixelsOf } from "./server.js";

/** @typedef {{ pixels: Uint8ClampedArray<ArrayBuffer>, mean: number[] }} Encoded */

const SAMPLE_ROWS = 5000;

/** @param {import("../types").Model} model @param {number} index */
const imagePath = (model, index) => withQuery(model.links.images, { index });

/**
 * Return the address of an image for an <img>; null where a static copy does not contain it.
 * @param {import("../types").Model} model
 * @param {number} index
 */
export const imageAddress = (model, index) => place(imagePath(model, index));

/**
 * Return the index of an image: that at `share`, in [0, 1), of the images there are.
 * @param {import("../types").Dataset} dataset
 * @param {number} share
 */
export function indexAt(dataset, share) {
  const copied = copiedImages(dataset.links.images);
  return copied ? copied[Math.floor(share * copied.length)] : Math.floor(share * dataset.n_images);
}

/**
 * Read an image of the data set with its code.
 * @param {import("../types").Model} model
 * @param {number} index image of the model's data set
 * @param {AbortSignal} [signal]
 * @returns {Promise<Encoded>}
 */
export async function encodeIndex(model, index, signal) {
  const [pixels, code] = await Promise.all([indexPixels(model, index, signal), codeOf(model, index, signal)]);
  return { pixels, mean: code };
}

/**
 * Read the posterior mean of an image of the data set.
 * @param {import("../types").Model} model
 * @param {number} index
 * @param {AbortSignal} [signal]
 * @returns {Promise<number[]>}
 */
async function codeOf(model, index, signal) {
  if (isCopy()) {
    const sample = await getSample(model.id, SAMPLE_ROWS);
    return sample.codes[sample.indices.indexOf(index)];
  }
  const answer = await sendJson("POST", "/encode", { model: model.id, indices: [index] }, { signal });
  return answer.mu[0];
}

/**
 * @param {import("../types").Model} model
 * @param {number} index
 * @param {AbortSignal} [signal]
 */
async function indexPixels(model, index, signal) {
  const [height, width] = model.image_shape;
  const answer = await request(imagePath(model, index), { headers: { Accept: "image/png" }, signal });
  return pixelsOf(await answer.blob(), width, height);
}

/**
 * Read a picture file with its code, scaled to the model's size, grey where the model is grey.
 * @param {import("../types").Model} model
 * @param {Blob} file
 * @param {AbortSignal} [signal]
 * @returns {Promise<Encoded>}
 */
export async function encodeFile(model, file, signal) {
  const [height, width, channels] = model.image_shape;
  const pixels = await pixelsOf(file, width, height).catch(() => {
    throw new Error("got a file that the browser cannot read as a picture; allowed: PNG, JPEG, WebP, GIF; choose one");
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
