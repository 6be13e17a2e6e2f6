/** Runs the decoder by ONNX Runtime Web off the main thread. Messages: {load}, {id, vectors} -> {id, rgba, ms}. */

import { planesToRgba } from "../math/pixels.js";

/** @type {any} */
let ort;
/** @type {any} */
let session;
/** @type {number[]} */
let shape = [];

/** @param {{ runtime: string, model: string, shape: number[], latents: number }} what */
async function load(what) {
  const [module, answer] = await Promise.all([import(`${what.runtime}ort.wasm.min.mjs`), fetch(what.model)]);
  if (!answer.ok) throw new Error(`${what.model} answered ${answer.status}`);
  ort = module;
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = what.runtime;
  ort.env.logLevel = "error";
  shape = what.shape;
  session = await ort.InferenceSession.create(await answer.arrayBuffer(), {
    executionProviders: ["wasm"],
    logSeverityLevel: 3,
  });
  await decode([new Array(what.latents).fill(0)]); // the first run allocates: pay for it before the first drag
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

/** Told again to whoever asks later: the page may take the worker over after it is ready. */
let ready = false;

self.onmessage = async ({ data }) => {
  try {
    if (data.load) await load(data.load);
    if (data.load || data.ask) {
      ready = ready || Boolean(data.load);
      if (ready) self.postMessage({ ready: true });
      return;
    }
    const start = performance.now();
    const rgba = await decode(data.vectors);
    self.postMessage({ id: data.id, rgba, ms: performance.now() - start }, { transfer: [rgba.buffer] });
  } catch (error) {
    self.postMessage({ id: data.id, error: error instanceof Error ? error.message : String(error) });
  }
};
