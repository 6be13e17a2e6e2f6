/**
 * Decoder off the main thread: by Axiscope's own runtime, or by ONNX Runtime Web where a graph has other operators.
 * Messages: {load} or {ask} -> {ready, reason} or {error}; {id, vectors} -> {id, rgba, ms} or {id, error}.
 */

import { planesToRgba } from "../math/pixels.js";
import { createDecoder } from "./runtime/graph.js";

/** @typedef {import("./model-files.js").Runtime} Runtime */
/** @typedef {{ runtime: Runtime, model: string, shape: number[], latents: number }} What */

/** From latents (rows, d) to images (rows, channels, height, width). @type {(latent: Float32Array<ArrayBuffer>, rows: number) => Promise<Float32Array>} */
let run;
/** @type {number[]} */
let shape = [];

/** @param {string} address @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** @param {string} address */
async function readKernel(address) {
  if (!address) throw new Error("Axiscope's own runtime is not installed");
  return read(address);
}

/** Return why ONNX Runtime Web decodes, "" where it does not. @param {What} what */
async function load(what) {
  const kernel = readKernel(what.runtime.kernel).catch((/** @type {Error} */ error) => error);
  const model = await read(what.model);
  let reason = "";
  try {
    const bytes = await kernel;
    if (bytes instanceof Error) throw bytes;
    const decoder = await createDecoder(model, bytes);
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
  if (data.load) outcome = await load(data.load).then((reason) => ({ ready: true, reason }), failed);
  if (data.load || data.ask) {
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
