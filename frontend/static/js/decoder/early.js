/**
 * Starts the decoding worker before the rest of the page's modules have come: loading the runtime takes longest of
 * all. A script of its own in the head; `browser.js` takes the worker over.
 */

import { WORKER, wantedModel } from "./wanted.js";

function start() {
  const { model, vendor } = JSON.parse(document.getElementById("boot")?.textContent || "{}");
  const forced = new URLSearchParams(location.search).get("decode") === "server";
  if (!model || !vendor?.ort || forced) return;
  const worker = new Worker(WORKER, { type: "module" });
  const wanted = wantedModel(model);
  worker.postMessage({ load: wanted });
  /** @type {any} */ (globalThis).axiscopeWorker = { worker, model: wanted.model };
}

// as an async script it may run before the page has been read to its end, where the model's facts stand
if (document.getElementById("boot")) start();
else addEventListener("DOMContentLoaded", start, { once: true });
