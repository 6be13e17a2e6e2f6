/**
 * Decoder by ONNX Runtime Web, off the main thread.
 * Messages: {load} or {ask} -> {ready} or {error}; {id, vectors} -> {id, rgba, ms} or {id, error}.
 */

import { planesToRgba } from "../math/pixels.js";

/** @type {any} */
let ort;
/** @type {any} */
let session;
/** @type {number[]} */
let shape = [];

/** @param {{ runtime: import("./model-files.js").Runtime, model: string, shape: number[], latents: number }} what */
async function load(what) {
  const [module, answer] = await Promise.all([import(what.runtime.module), fetch(what.model)]);
  if (!answer.ok) throw new Error(`${what.model} answered ${answer.status}`);
  ort = module;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: what.runtime.mjs, wasm: what.runtime.wasm };
  ort.env.logLevel = "error";
  shape = what.shape;
  session = await ort.InferenceSession.create(await answer.arrayBuffer(), {
    executionProviders: ["wasm"],
    logSeverityLevel: 3,
  });
  await decode([new Array(what.latents).fill(0)]); // the first run allocates memory, which would delay the first drag
}

/** @param {number[][]} vectors */
async function decode(vectors) {
  const [height, width, channels] = shape;
  const latent = new ort.Tensor("float32", Float32Array.from(vectors.flat()), [vectors.length, vectors[0].length]);
  const { image } = await session.run({ latent });
  const pixels = height * width;
  const rgba = new Uint8ClampedArray(4 * pixels * vectors.length);
  for (let i = 0; i < vectors.length; i += 1) {
    planesToRgba(image.data, i * pixels * channels, pixels, channels, rgba, 4 * pixels * i);
  }
  return rgba;
}

/** How loading ended, once it has; sent again on `ask`: the page may take the worker over after that. @type {any} */
let outcome = null;

self.onmessage = async ({ data }) => {
  if (data.load) outcome = await load(data.load).then(() => ({ ready: true }), failed);
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
