/** Decoder in a worker of this browser. */

import { startWorker } from "./model-files.js";

/** @typedef {{ rgba: Uint8ClampedArray<ArrayBuffer>, ms: number }} Decoded pictures one after the other */
/** @typedef {((vectors: number[][]) => Promise<Decoded>) & { stop: () => void, reason: string }} BrowserDecoder `stop` terminates the
 *   worker; `reason`: why ONNX Runtime Web decodes, "" where Axiscope's own runtime does */

/**
 * Start the worker; resolves when it has decoded one picture. A worker that fails is terminated.
 * @param {import("./model-files.js").Files} what
 * @param {AbortSignal} [signal] terminates the worker, also while it loads
 * @returns {Promise<BrowserDecoder>}
 */
export function startBrowserDecoder(what, signal) {
  return new Promise((resolve, reject) => {
    const preloaded = adopt(what.model);
    if (preloaded?.failure) {
      preloaded.worker.terminate();
      return reject(new Error(preloaded.failure));
    }
    const worker = preloaded?.worker ?? startWorker(what);
    /** @type {Map<number, { resolve: (decoded: Decoded) => void, reject: (error: Error) => void }>} */
    const open = new Map();
    let last = 0;
    let ended = "";

    /** @param {string} why */
    const end = (why) => {
      if (ended) return;
      ended = why;
      worker.terminate();
      reject(new Error(why));
      for (const call of open.values()) call.reject(new Error(why));
      open.clear();
    };
    /** @param {number[][]} vectors @returns {Promise<Decoded>} */
    const decode = (vectors) =>
      new Promise((done, failed) => {
        if (ended) return failed(new Error(ended));
        last += 1;
        open.set(last, { resolve: done, reject: failed });
        worker.postMessage({ id: last, vectors });
      });

    worker.onmessage = ({ data }) => {
      const stop = () => end("the decoding worker was terminated");
      if (data.ready) resolve(Object.assign(decode, { stop, reason: data.reason ?? "" }));
      else if (data.id === undefined) end(data.error);
      else {
        const call = open.get(data.id);
        open.delete(data.id);
        if (data.error) call?.reject(new Error(data.error));
        else call?.resolve(data);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      end(event.message || "the decoding worker stopped");
    };
    signal?.addEventListener("abort", () => end("the decoding worker was terminated"));
    if (preloaded) worker.postMessage({ ask: true });
  });
}

/**
 * Return the worker that `preload.js` started, once, if it loads this model; terminate it otherwise.
 * @param {string} model
 * @returns {{ worker: Worker, failure: string } | null}
 */
function adopt(model) {
  const preloaded = /** @type {any} */ (globalThis).axiscopeWorker ?? null;
  /** @type {any} */ (globalThis).axiscopeWorker = null;
  if (preloaded?.model === model) return preloaded;
  preloaded?.worker.terminate();
  return null;
}
