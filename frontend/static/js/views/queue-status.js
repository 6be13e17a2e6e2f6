/** The queue in the status bar and on the rail, and whether this page is in touch with the service. */

import { Problem, getJson } from "../api.js";
import { el, need } from "../dom.js";
import { thousands } from "../math/format.js";
import { toast } from "./toast.js";

const BUSY_MILLISECONDS = 3000;
const IDLE_MILLISECONDS = 15000;

/**
 * Look now and again while the page is seen, more often while jobs run. Polling, not a stream: a stream would hold one
 * of the six connections that a browser opens to a host, in each tab.
 */
export function watchQueue() {
  const rail = document.querySelector('[data-rail="jobs"]');
  if (!rail) return; // a copy without a server
  const queue = need("#status-queue");
  const live = need("#status-live");
  let timer = 0;
  let silent = false;

  async function look() {
    clearTimeout(timer);
    let open = 0;
    if (!document.hidden) {
      try {
        const { counts } = await getJson("/api/v1/jobs", { query: { limit: 1 } });
        open = tell(counts ?? {});
        if (silent) {
          toast("The service answers again");
          document.dispatchEvent(new Event("axiscope:back"));
        }
        touch(true);
      } catch (error) {
        touch(!(error instanceof Problem && error.status === 0));
      }
    }
    timer = window.setTimeout(look, open || silent ? BUSY_MILLISECONDS : IDLE_MILLISECONDS);
  }

  /** @param {Record<string, number>} counts jobs by state */
  function tell({ running = 0, queued = 0 }) {
    const open = running + queued;
    queue.textContent = open ? `queue: ${thousands(running)} running, ${thousands(queued)} waiting` : "queue empty";
    rail?.querySelector(".badge")?.remove();
    if (open) rail?.append(el("span", { class: "badge", title: `${open} running or waiting` }, thousands(open)));
    return open;
  }

  /** @param {boolean} answers */
  function touch(answers) {
    silent = !answers;
    live.replaceChildren(el("span", { class: answers ? "dot" : "dot bad" }), answers ? "live" : "no answer");
    live.title = answers
      ? "The service answers; the queue is looked at every few seconds"
      : "The service does not answer. Decoding in the browser goes on; this page asks again every few seconds.";
    document.body.dataset.live = answers ? "1" : "0";
  }

  document.addEventListener("visibilitychange", () => !document.hidden && look());
  document.addEventListener("axiscope:jobs", look);
  document.addEventListener("axiscope:silent", () => !silent && look());
  look();
}
