/** Buttons that queue an evaluation or a verification of a model, with the state of the job beside them. */

import { isCopy, getJson, messageOf, newKey, sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { poll } from "../core/poll.js";
import { countSubmitted } from "./queue-status.js";
import { toast, toastError } from "./toast.js";

const POLL_MILLISECONDS = 1500;
const ENDED = ["succeeded", "failed", "cancelled"];

/**
 * @param {string} model
 * @param {string[] | null} metrics null for all
 * @param {{label: string, onDone: () => void, images?: string}} what `onDone`: called once the job has succeeded;
 *   `images`: other than those of the whole data set
 */
export const evaluateButton = (model, metrics, { images, ...what }) =>
  jobButton(
    { kind: "evaluate", spec: { model, ...(metrics && { metrics }), ...(images && { images }) } },
    "Evaluation",
    what,
  );

/**
 * @param {string} model
 * @param {{label: string, onDone: () => void}} what
 */
export const verifyButton = (model, what) => jobButton({ kind: "verify", spec: { model } }, "Verification", what);

/**
 * @param {{kind: string, spec: Record<string, any>}} request
 * @param {string} title of such a job
 * @param {{label: string, onDone: () => void}} what
 * @returns {HTMLElement | null} null on pages without a service
 */
function jobButton(request, title, { label, onDone }) {
  if (isCopy()) return null;
  const button = el("button", { type: "button", class: "btn", on: { click: () => run().catch(failed) } }, label);
  const status = el("span", { class: "soft", role: "status" });
  /** Of the request until its answer is here: a lost one is sent again, not queued again. */
  let key = "";

  async function run() {
    if (button.disabled) return;
    button.disabled = true;
    const headers = { "Idempotency-Key": (key ||= newKey()) };
    const job = await sendJson("POST", "/api/v1/jobs", request, { headers });
    key = "";
    toast(`${title} queued: job ${job.id}`);
    countSubmitted();
    const polling = poll(read, POLL_MILLISECONDS, (error) => (status.textContent = ` ${messageOf(error)}`));
    /** @param {AbortSignal} signal */
    async function read(signal) {
      if (!button.isConnected) return polling.stop();
      const now = await getJson(`/api/v1/jobs/${encodeURIComponent(job.id)}`, { signal });
      status.replaceChildren(" ", el("a", { href: `/jobs?job=${job.id}` }, `job ${job.id}`), ` ${now.state}`);
      if (!ENDED.includes(now.state)) return POLL_MILLISECONDS;
      polling.stop();
      button.disabled = false;
      if (now.state === "succeeded") onDone();
      else toast(now.error ?? `Job ${job.id}: ${now.state}`, "bad");
    }
  }
  /** @param {unknown} error */
  function failed(error) {
    button.disabled = false;
    status.replaceChildren();
    toastError(error);
  }
  return el("p", { class: "evaluate" }, button, status);
}
