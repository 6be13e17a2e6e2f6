/** Addresses and sizes that the decoding worker needs of a model. */

import { modelPath, place } from "../core/api.js";

export const RUNTIME = new URL("../../vendor/ort/", import.meta.url).href;
export const WORKER = new URL("./worker.js", import.meta.url);

/**
 * @param {import("../types").Model} model
 * @returns {{ runtime: string, model: string, shape: number[], latents: number }}
 */
export function modelFiles(model) {
  const path = `${modelPath(model.id)}/files/decoder.onnx?v=${model.files["decoder.onnx"]?.sha256.slice(0, 12) ?? ""}`;
  return {
    runtime: RUNTIME,
    model: new URL(place(path) ?? path, location.href).href,
    shape: model.image_shape,
    latents: model.latents,
  };
}
