/** How many jobs wait, run and have ended: one answer for all parts of the page that show it. */

import { getJson } from "./api.js";
import { createStore } from "./store.js";

/** Counts by state, as the newest answer has them. @type {import("./store.js").Store<{counts: Record<string, number> | null}>} */
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
