/** A button that has a model measured by a job, tells how that goes, and says when the numbers are there. */

import { copiedImages, getJson, newKey, sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { poll } from "../core/poll.js";
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
  /** Until the job is known: a lost answer is asked for again, not queued again. */
  let key = "";

  async function run() {
    if (button.disabled) return;
    button.disabled = true;
    const spec = { model, ...(metrics && { metrics }) };
    const headers = { "Idempotency-Key": (key ||= newKey()) };
    const job = await sendJson("POST", "/api/v1/jobs", { kind: "evaluate", spec }, { headers });
    key = "";
    toast(`Evaluation queued: job ${job.id}`);
    document.dispatchEvent(new Event("axiscope:jobs"));
    poll(look, LOOK_MILLISECONDS, (error) => (words.textContent = ` ${wordsOf(error)}`));
    /** @param {AbortSignal} signal */
    async function look(signal) {
      if (!button.isConnected) return null;
      const now = await getJson(`/api/v1/jobs/${encodeURIComponent(job.id)}`, { signal });
      words.replaceChildren(" ", el("a", { href: `/jobs?job=${job.id}` }, `job ${job.id}`), ` ${now.state}`);
      if (!ENDED.includes(now.state)) return LOOK_MILLISECONDS;
      button.disabled = false;
      if (now.state === "succeeded") onDone();
      else toast(now.error ?? `Job ${job.id}: ${now.state}`, "bad");
      return null;
    }
  }
  /** @param {unknown} error */
  function failed(error) {
    button.disabled = false;
    words.replaceChildren();
    toastError(error);
  }
  return el("p", { class: "evaluate" }, button, words);
}

/** @param {unknown} error */
const wordsOf = (error) => (error instanceof Error ? error.message : String(error));
