/**
 * Decoder off the main thread: by Axiscope's own runtime, or by ONNX Runtime Web where a graph has other operators.
 * Messages: {load, model, kernel}, {failure} or {ask} -> {ready, reason} or {error}; {id, vectors} -> {id, rgba, ms} or
 * {id, error}. `failure` says why the page could not read the files.
 */

import { planesToRgba } from "../math/pixels.js";
import { createDecoder } from "./runtime/graph.js";

/** @typedef {import("./model-files.js").Runtime} Runtime */

/** From latents (rows, d) to images (rows, channels, height, width). @type {(latent: Float32Array<ArrayBuffer>, rows: number) => Promise<Float32Array>} */
let run;
/** @type {number[]} */
let shape = [];

/**
 * Return why ONNX Runtime Web decodes, "" where it does not.
 * @param {import("./model-files.js").Files} what
 * @param {Uint8Array<ArrayBuffer>} model
 * @param {Uint8Array<ArrayBuffer> | string} kernel of Axiscope's own runtime, or why there is none
 */
async function load(what, model, kernel) {
  let reason = "";
  try {
    if (typeof kernel === "string") throw new Error(kernel);
    const decoder = await createDecoder(model, kernel);
    decoder(new Float32Array(what.latents), 1);
    run = async (latent, rows) => decoder(latent, rows);
  } catch (error) {
    reason = failed(error).error;
    if (!what.runtime.module) throw new Error(`${reason}; this page does not carry ONNX Runtime Web`);
    run = await createSession(model, what.runtime);
  }
  shape = what.shape;
  await decode([new Array(what.latents).fill(0)]); // the first run allocates memory, which would delay the first drag
  return reason;
}

/** @param {Uint8Array<ArrayBuffer>} model @param {Runtime} runtime @returns {Promise<typeof run>} */
async function createSession(model, runtime) {
  const ort = await import(runtime.module);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: runtime.mjs, wasm: runtime.wasm };
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 3 });
  return async (latent, rows) => {
    const feed = new ort.Tensor("float32", latent, [rows, latent.length / rows]);
    return (await session.run({ latent: feed })).image.data;
  };
}

/** @param {number[][]} vectors */
async function decode(vectors) {
  const [height, width, channels] = shape;
  const images = await run(Float32Array.from(vectors.flat()), vectors.length);
  const pixels = height * width;
  const rgba = new Uint8ClampedArray(4 * pixels * vectors.length);
  for (let i = 0; i < vectors.length; i += 1) {
    planesToRgba(images, i * pixels * channels, pixels, channels, rgba, 4 * pixels * i);
  }
  return rgba;
}

/** How loading ended, once it has; sent again on `ask`: the page may take the worker over after that. @type {any} */
let outcome = null;

self.onmessage = async ({ data }) => {
  if (data.load) {
    outcome = await load(data.load, data.model, data.kernel).then((reason) => ({ ready: true, reason }), failed);
  } else if (data.failure) outcome = failed(data.failure);
  if (data.id === undefined) {
    if (outcome) self.postMessage(outcome);
    return;
  }
  try {
    const start = performance.now();
    const rgba = await decode(data.vectors);
    self.postMessage({ id: data.id, rgba, ms: performance.now() - start }, { transfer: [rgba.buffer] });
  } catch (error) {
    self.postMessage({ id: data.id, ...failed(error) });
  }
};

/** @param {unknown} error */
function failed(error) {
  return { error: error instanceof Error ? error.message : String(error) };
}
