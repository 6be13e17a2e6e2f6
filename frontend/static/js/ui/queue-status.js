/** State of the queue in the status bar and on the rail, and of the connection to the service. */

import { getJson, Problem } from "../core/api.js";
import { el, need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { poll } from "../core/poll.js";
import { createStore } from "../core/store.js";
import { toast } from "./toast.js";

const BUSY_MILLISECONDS = 3000;
const IDLE_MILLISECONDS = 15000;

/**
 * State of the service: jobs by state as the newest answer has them, whether the service answers, and the number of
 * jobs that this page has queued.
 * @typedef {{ counts: Record<string, number> | null, answers: boolean, submitted: number }} ServiceState
 */
export const queue = createStore(/** @type {ServiceState} */ ({ counts: null, answers: true, submitted: 0 }));

/** Count a job that this page has queued: whatever shows jobs or scores reads them again. */
export const countSubmitted = () => queue.set({ submitted: queue.get().submitted + 1 });

let sent = 0;
let newest = 0;

/**
 * Read a page of the queue; its counts go into `queue` unless a later request was answered before.
 *
 * @param {string} query e.g. "limit=100&state=queued"
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("../types").JobPage>}
 */
export async function readJobs(query, signal) {
  sent += 1;
  const number = sent;
  const answer = await getJson(`/api/v1/jobs?${query}`, { signal });
  if (number > newest) {
    newest = number;
    queue.set({ counts: answer.counts ?? {} });
  }
  return answer;
}

/**
 * Read the counts, and with them whether the service answers.
 * @param {AbortSignal} [signal]
 */
export async function checkService(signal) {
  try {
    await readJobs("limit=1", signal);
    queue.set({ answers: true });
  } catch (error) {
    if (!signal?.aborted) queue.set({ answers: !(error instanceof Problem && error.status === 0) });
  }
}

/**
 * Poll the queue while the page is visible, more often while jobs run, and show its counts and whether the service
 * answers. A stream would hold one of the six connections that a browser opens to a host, in each tab.
 *
 * @returns {() => void} destroy
 */
export function showQueueStatus() {
  const rail = document.querySelector('[data-rail="jobs"]');
  if (!rail) return () => {}; // a copy without a service
  const counts = need("#status-queue");
  const connection = need("#status-live");

  function drawCounts() {
    const { running = 0, queued = 0 } = queue.get().counts ?? {};
    const n = running + queued;
    counts.textContent = n ? `queue: ${thousands(running)} running, ${thousands(queued)} waiting` : "queue empty";
    rail?.querySelector(".badge")?.remove();
    if (n) rail?.append(el("span", { class: "badge", title: `${n} running or waiting` }, thousands(n)));
  }
  function drawConnection() {
    const { answers } = queue.get();
    const state = answers ? "live" : "no answer";
    if (connection.textContent === state) return; // a screen reader reads what is written again
    connection.replaceChildren(el("span", { class: answers ? "dot" : "dot bad" }), state);
    connection.title = answers
      ? "The service answers; the queue is read every few seconds"
      : "The service does not answer. Decoding in the browser continues; this page retries every few seconds.";
    document.body.dataset.live = answers ? "1" : "0";
  }

  const polling = poll(async (signal) => {
    await checkService(signal);
    if (signal.aborted) return null;
    drawConnection();
    const { counts: known, answers } = queue.get();
    return known?.running || known?.queued || !answers ? BUSY_MILLISECONDS : IDLE_MILLISECONDS;
  }, IDLE_MILLISECONDS);
  const stops = [
    polling.stop,
    queue.on(["counts"], drawCounts),
    queue.on(["answers"], ({ answers }) => {
      drawConnection();
      if (answers) toast("The service answers again");
    }),
    queue.on(["submitted"], polling.now),
  ];
  return () => stops.forEach((stop) => stop());
}
