/**
 * Start of the decoding worker before the page's other modules are loaded, since loading the runtime takes longest.
 * A script of its own in the head; `browser.js` takes the worker over.
 */

import { WORKER, modelFiles } from "./model-files.js";

const { model, vendor } = JSON.parse(document.getElementById("boot")?.textContent || "{}");
const forced = new URLSearchParams(location.search).get("decode") === "server";
const late = "axiscopeWorker" in globalThis;
if (model && vendor?.ort && !forced && !late) {
  const worker = new Worker(WORKER, { type: "module" });
  const files = modelFiles(model);
  const preloaded = { worker, model: files.model, failure: "" };
  worker.onerror = (event) => {
    event.preventDefault();
    preloaded.failure = event.message || "the decoding worker did not start";
  };
  worker.postMessage({ load: files });
  /** @type {any} */ (globalThis).axiscopeWorker = preloaded;
}
