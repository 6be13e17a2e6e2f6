/** State of the queue in the status bar and on the rail, and of the connection to the service. */

import { getJson, Problem } from "../core/api.js";
import { el, need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { poll } from "../core/poll.js";
import { createStore } from "../core/store.js";
import { toast } from "./toast.js";

const BUSY_MILLISECONDS = 3000;
const IDLE_MILLISECONDS = 15000;

/** Counts by state, as the newest answer has them. @type {import("../core/store.js").Store<{counts: Record<string, number> | null}>} */
export const queue = createStore({ counts: /** @type {Record<string, number> | null} */ (null) });

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
  let isConnected = true;

  /** @param {AbortSignal} signal */
  async function read(signal) {
    try {
      await readJobs("limit=1", signal);
      if (!isConnected) {
        toast("The service answers again");
        document.dispatchEvent(new Event("axiscope:back"));
      }
      setConnected(true);
    } catch (error) {
      if (signal.aborted) return;
      setConnected(!(error instanceof Problem && error.status === 0));
    }
    return openJobs() || !isConnected ? BUSY_MILLISECONDS : IDLE_MILLISECONDS;
  }
  function openJobs() {
    const { running = 0, queued = 0 } = queue.get().counts ?? {};
    return running + queued;
  }
  function draw() {
    const { running = 0, queued = 0 } = queue.get().counts ?? {};
    const n = openJobs();
    counts.textContent = n ? `queue: ${thousands(running)} running, ${thousands(queued)} waiting` : "queue empty";
    rail?.querySelector(".badge")?.remove();
    if (n) rail?.append(el("span", { class: "badge", title: `${n} running or waiting` }, thousands(n)));
  }
  /** @param {boolean} now */
  function setConnected(now) {
    isConnected = now;
    const state = now ? "live" : "no answer";
    if (connection.textContent === state) return; // a screen reader reads what is written again
    connection.replaceChildren(el("span", { class: now ? "dot" : "dot bad" }), state);
    connection.title = now
      ? "The service answers; the queue is read every few seconds"
      : "The service does not answer. Decoding in the browser continues; this page retries every few seconds.";
    document.body.dataset.live = now ? "1" : "0";
  }

  const stopListening = queue.on(["counts"], draw);
  const polling = poll(read, IDLE_MILLISECONDS);
  const onJobs = () => polling.now();
  const onSilent = () => isConnected && polling.now();
  document.addEventListener("axiscope:jobs", onJobs);
  document.addEventListener("axiscope:silent", onSilent);
  return () => {
    polling.stop();
    stopListening();
    document.removeEventListener("axiscope:jobs", onJobs);
    document.removeEventListener("axiscope:silent", onSilent);
  };
}
