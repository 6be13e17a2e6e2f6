/** Addresses and sizes that the decoding worker needs of a model. */

import { modelPath, place } from "../core/api.js";
import { asset, unpacked } from "../core/assets.js";
import { boot } from "../core/dom.js";

/**
 * Addresses of the files of the runtimes: the kernel of Axiscope's own and ONNX Runtime Web, "" where it is not there.
 * @typedef {{ kernel: string, module: string, mjs: string, wasm: string }} Runtime
 */

/** @type {Runtime} */
export const RUNTIME = {
  kernel: boot().vendor?.kernel ? asset("vendor/runtime/kernel.wasm", true) : "",
  module: asset("vendor/ort/ort.wasm.min.mjs", true),
  mjs: asset("vendor/ort/ort-wasm-simd-threaded.mjs", true),
  wasm: asset("vendor/ort/ort-wasm-simd-threaded.wasm", true),
};
export const WORKER = unpacked("static/js/inference/worker.js", true) ?? new URL("./worker.js", import.meta.url);

/**
 * @param {import("../types").Model} model
 * @returns {{ runtime: Runtime, model: string, shape: number[], latents: number }}
 */
export function modelFiles(model) {
  const path = `${modelPath(model.id)}/files/decoder.onnx?v=${model.files["decoder.onnx"]?.sha256.slice(0, 12) ?? ""}`;
  return {
    runtime: RUNTIME,
    model: new URL(place(path, true) ?? path, location.href).href,
    shape: model.image_shape,
    latents: model.latents,
  };
}
