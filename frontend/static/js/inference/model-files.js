/** Start of the decoding worker with the files that it needs of a model. */

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
const WORKER = unpacked("static/js/inference/worker.js", true) ?? new URL("./worker.js", import.meta.url);

/** @typedef {{ runtime: Runtime, model: string, shape: number[], latents: number }} Files addresses, and what the pictures are */

/** @param {import("../types").Model} model @returns {Files} */
export function modelFiles(model) {
  const path = `${modelPath(model.id)}/files/decoder.onnx?v=${model.files["decoder.onnx"]?.sha256.slice(0, 12) ?? ""}`;
  return {
    runtime: RUNTIME,
    model: new URL(place(path, true) ?? path, location.href).href,
    shape: model.image_shape,
    latents: model.latents,
  };
}

/** @param {string} address @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function read(address) {
  const answer = await fetch(address, { priority: "high" });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** @param {string} address @returns {Promise<Uint8Array<ArrayBuffer> | string>} the kernel, or why there is none */
async function readKernel(address) {
  if (!address) return "Axiscope's own runtime is not installed";
  return read(address).catch((/** @type {Error} */ error) => error.message);
}

/**
 * Start a worker and read its files at the same time. It answers `{ready}` or `{error}` once it has decoded one picture.
 * @param {Files} files
 */
export function startWorker(files) {
  const worker = new Worker(WORKER, { type: "module" });
  Promise.all([read(files.model), readKernel(files.runtime.kernel)]).then(
    ([model, kernel]) => {
      const moved = typeof kernel === "string" ? [model.buffer] : [model.buffer, kernel.buffer];
      worker.postMessage({ load: files, model, kernel }, moved);
    },
    (/** @type {Error} */ error) => worker.postMessage({ failure: error.message }),
  );
  return worker;
}
