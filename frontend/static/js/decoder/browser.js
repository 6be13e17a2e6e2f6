/** The decoder in a worker of this browser. */

import { WORKER } from "./wanted.js";

/** @typedef {{ rgba: Uint8ClampedArray<ArrayBuffer>, ms: number }} Decoded pictures one after the other */

/**
 * Start the worker; resolves once it has decoded one picture.
 * @param {{ runtime: string, model: string, shape: number[], latents: number }} what
 * @returns {Promise<(vectors: number[][]) => Promise<Decoded>>}
 */
export function startBrowserDecoder(what) {
  return new Promise((resolve, reject) => {
    const early = adopt(what.model);
    const worker = early ?? new Worker(WORKER, { type: "module" });
    /** @type {Map<number, { resolve: (decoded: Decoded) => void, reject: (error: Error) => void }>} */
    const open = new Map();
    let last = 0;

    /** @param {number[][]} vectors */
    const decode = (vectors) =>
      new Promise((done, failed) => {
        last += 1;
        open.set(last, { resolve: done, reject: failed });
        worker.postMessage({ id: last, vectors });
      });

    worker.onmessage = ({ data }) => {
      if (data.ready) resolve(/** @type {any} */ (decode));
      else if (data.id === undefined) reject(new Error(data.error));
      else {
        const call = open.get(data.id);
        open.delete(data.id);
        if (data.error) call?.reject(new Error(data.error));
        else call?.resolve(data);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message || "the decoding worker did not start"));
      for (const call of open.values()) call.reject(new Error("the decoding worker stopped"));
      open.clear();
    };
    worker.postMessage(early ? { ask: true } : { load: what });
  });
}

/**
 * The worker that `early.js` started, once, if it loads this model.
 * @param {string} model
 * @returns {Worker | null}
 */
function adopt(model) {
  const early = /** @type {any} */ (globalThis).axiscopeWorker ?? null;
  /** @type {any} */ (globalThis).axiscopeWorker = null;
  if (early?.model !== model) return null;
  return early.worker;
}
