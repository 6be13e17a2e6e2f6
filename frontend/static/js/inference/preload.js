/**
 * Starts the decoding worker before the rest of the page's modules have come: loading the runtime takes longest of
 * all. A script of its own in the head; `browser.js` takes the worker over.
 */

import { WORKER, wantedModel } from "./model-files.js";

const { model, vendor } = JSON.parse(document.getElementById("boot")?.textContent || "{}");
const forced = new URLSearchParams(location.search).get("decode") === "server";
const late = "axiscopeWorker" in globalThis;
if (model && vendor?.ort && !forced && !late) {
  const worker = new Worker(WORKER, { type: "module" });
  const wanted = wantedModel(model);
  const early = { worker, model: wanted.model, failure: "" };
  worker.onerror = (event) => {
    event.preventDefault();
    early.failure = event.message || "the decoding worker did not start";
  };
  worker.postMessage({ load: wanted });
  /** @type {any} */ (globalThis).axiscopeWorker = early;
}
