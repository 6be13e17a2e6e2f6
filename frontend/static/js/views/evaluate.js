/** A button that has a model measured by a job, tells how that goes, and says when the numbers are there. */

import { copiedImages, getJson, sendJson } from "../api.js";
import { el } from "../dom.js";
import { toast, toastError } from "./toast.js";

const LOOK_MILLISECONDS = 1500;
const ENDED = ["succeeded", "failed", "cancelled"];

/**
 * @param {string} model
 * @param {string[] | null} metrics null for all
 * @param {{label: string, onDone: () => void}} what `onDone`: called once the job has succeeded
 * @returns {HTMLElement | null} null on pages without a service
 */
export function evaluateButton(model, metrics, { label, onDone }) {
  if (copiedImages()) return null;
  const button = el("button", { type: "button", class: "btn", on: { click: () => run().catch(failed) } }, label);
  const words = el("span", { class: "soft", role: "status" });

  async function run() {
    button.disabled = true;
    const spec = { model, ...(metrics && { metrics }) };
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const job = await sendJson("POST", "/api/v1/jobs", { kind: "evaluate", spec }, { headers });
    toast(`Evaluation queued: job ${job.id}`);
    document.dispatchEvent(new Event("axiscope:jobs"));
    look(job.id).catch(failed);
  }
  /** @param {string} id */
  async function look(id) {
    const job = await getJson(`/api/v1/jobs/${encodeURIComponent(id)}`);
    words.replaceChildren(" ", el("a", { href: `/jobs?job=${id}` }, `job ${id}`), ` ${job.state}`);
    if (!ENDED.includes(job.state)) {
      setTimeout(() => button.isConnected && look(id).catch(failed), LOOK_MILLISECONDS);
      return;
    }
    button.disabled = false;
    if (job.state === "succeeded") onDone();
    else if (job.error) toast(job.error, "bad");
  }
  /** @param {unknown} error */
  function failed(error) {
    button.disabled = false;
    words.replaceChildren();
    toastError(error);
  }
  return el("p", { class: "evaluate" }, button, words);
}
