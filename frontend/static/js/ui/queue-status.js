/** The queue in the status bar and on the rail, and whether this page is in touch with the service. */

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
 * Look now and again while the page is seen, more often while jobs run. Polling, not a stream: a stream would hold one
 * of the six connections that a browser opens to a host, in each tab.
 *
 * @returns {() => void} stop
 */
export function watchQueue() {
  const rail = document.querySelector('[data-rail="jobs"]');
  if (!rail) return () => {}; // a copy without a server
  const words = need("#status-queue");
  const live = need("#status-live");
  let silent = false;

  /** @param {AbortSignal} signal */
  async function look(signal) {
    try {
      await readJobs("limit=1", signal);
      if (silent) {
        toast("The service answers again");
        document.dispatchEvent(new Event("axiscope:back"));
      }
      touch(true);
    } catch (error) {
      if (signal.aborted) return;
      touch(!(error instanceof Problem && error.status === 0));
    }
    return open() || silent ? BUSY_MILLISECONDS : IDLE_MILLISECONDS;
  }
  function open() {
    const { running = 0, queued = 0 } = queue.get().counts ?? {};
    return running + queued;
  }
  function draw() {
    const { running = 0, queued = 0 } = queue.get().counts ?? {};
    const n = open();
    words.textContent = n ? `queue: ${thousands(running)} running, ${thousands(queued)} waiting` : "queue empty";
    rail?.querySelector(".badge")?.remove();
    if (n) rail?.append(el("span", { class: "badge", title: `${n} running or waiting` }, thousands(n)));
  }
  /** @param {boolean} answers */
  function touch(answers) {
    silent = !answers;
    const state = answers ? "live" : "no answer";
    if (live.textContent === state) return; // a status that is written anew is read aloud anew
    live.replaceChildren(el("span", { class: answers ? "dot" : "dot bad" }), state);
    live.title = answers
      ? "The service answers; the queue is looked at every few seconds"
      : "The service does not answer. Decoding in the browser goes on; this page asks again every few seconds.";
    document.body.dataset.live = answers ? "1" : "0";
  }

  const ignore = queue.on(["counts"], draw);
  const looking = poll(look, IDLE_MILLISECONDS);
  const again = () => looking.now();
  const onSilent = () => !silent && looking.now();
  document.addEventListener("axiscope:jobs", again);
  document.addEventListener("axiscope:silent", onSilent);
  return () => {
    looking.stop();
    ignore();
    document.removeEventListener("axiscope:jobs", again);
    document.removeEventListener("axiscope:silent", onSilent);
  };
}
