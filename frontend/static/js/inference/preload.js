/**
 * Start of the decoding worker before the page's other modules are loaded, since loading the runtime takes longest.
 * A script of its own in the head; `browser.js` takes the worker over.
 */

import { modelFiles, startWorker } from "./model-files.js";

const { model, vendor } = JSON.parse(document.getElementById("boot")?.textContent || "{}");
const forced = new URLSearchParams(location.search).get("decode") === "server";
const late = "axiscopeWorker" in globalThis;
if (model && vendor?.ort && !forced && !late) {
  const files = modelFiles(model);
  const worker = startWorker(files);
  const preloaded = { worker, model: files.model, failure: "" };
  worker.onerror = (event) => {
    event.preventDefault();
    preloaded.failure = event.message || "the decoding worker did not start";
  };
  /** @type {any} */ (globalThis).axiscopeWorker = preloaded;
}
