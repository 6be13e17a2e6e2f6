/** The queue: newest first, looked at every two seconds while the page is seen. */

import { el } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { poll } from "../core/poll.js";
import { queue, readJobs } from "../core/queue.js";
import { update } from "../core/update.js";
import { ago, progressBar, progressWords, stateChip } from "./state-text.js";

const EVERY_MILLISECONDS = 2000;
export const FILTERS = [
  ["", "All"],
  ["active", "Active"],
  ["succeeded", "Done"],
  ["failed", "Failed"],
];

/**
 * @param {{list: HTMLElement, filters: HTMLElement}} places
 * @param {{selected: () => string, filter: () => string, onFilter: (filter: string) => void}} page
 * @returns {{look: () => Promise<void>, stop: () => void}}
 */
export function queueList({ list, filters }, { selected, filter, onFilter }) {
  /** @type {import("../types").JobPage | null} */
  let page = null;
  let failure = "";

  /** @param {AbortSignal} signal */
  async function read(signal) {
    const chosen = filter();
    const state = chosen === "active" ? "&state=queued&state=running" : chosen ? `&state=${chosen}` : "";
    const answer = await readJobs(`limit=100${state}`, signal);
    if (signal.aborted || filter() !== chosen) return;
    failure = "";
    page = answer;
    draw();
    list.setAttribute("aria-busy", "false");
  }
  function drawFilters() {
    const counts = queue.get().counts ?? {};
    /** @type {Record<string, number>} */
    const number = {
      active: (counts.queued ?? 0) + (counts.running ?? 0),
      succeeded: counts.succeeded ?? 0,
      failed: counts.failed ?? 0,
    };
    update(
      filters,
      FILTERS.map(([value, label]) =>
        el(
          "button",
          {
            type: "button",
            dataset: { filter: value, key: value },
            "aria-pressed": String(filter() === value),
            on: { click: () => choose(value) },
          },
          value ? `${label} ${thousands(number[value])}` : label,
        ),
      ),
    );
  }
  /** @param {string} value */
  function choose(value) {
    onFilter(value);
    drawFilters();
    looking.now();
  }
  /** Rows that were read stay when the queue cannot be read; above them stands why they are no longer new. */
  function draw() {
    const again = el("button", { type: "button", class: "btn", on: { click: () => looking.now() } }, "Try again");
    const notice = page && noticeOf(page);
    update(
      list,
      [
        failure && el("p", { class: "notice bad", role: "alert", dataset: { key: "failure" } }, failure, " ", again),
        notice && el("p", { class: "notice", dataset: { key: "notice" } }, notice),
        ...(page?.items ?? []).map((job) => item(job, job.id === selected())),
        page?.items.length === 0 && el("p", { class: "empty" }, el("b", {}, "No jobs here"), "Start one: New run."),
        page?.next_cursor && el("p", { class: "empty" }, "The newest 100 are shown."),
      ].filter((node) => node instanceof Node),
    );
  }
  /** @param {unknown} error */
  function failed(error) {
    failure = `The queue could not be read: ${error instanceof Error ? error.message : String(error)}`;
    draw();
  }
  const ignore = queue.on(["counts"], drawFilters);
  drawFilters();
  const looking = poll(read, EVERY_MILLISECONDS, failed);
  return {
    look() {
      draw(); // another job may be the chosen one
      return looking.now();
    },
    stop() {
      looking.stop();
      ignore();
    },
  };
}

/**
 * Why nothing moves, where nothing can.
 *
 * @param {import("../types").JobPage} answer
 */
function noticeOf({ counts, workers }) {
  if (workers.some(({ answers }) => answers)) return "";
  if (workers.length) return `${workers.map(({ name }) => name).join(", ")} does not answer: jobs wait until it does.`;
  return counts.queued ? "No worker is there: jobs wait until one is started by axiscope worker." : "";
}

/**
 * @param {import("../types").Job} job
 * @param {boolean} current
 */
function item(job, current) {
  return el(
    "a",
    {
      class: "job-item",
      href: `?job=${job.id}`,
      dataset: { job: job.id, key: `job ${job.id}` },
      "aria-current": current ? "true" : null,
    },
    el("b", {}, job.name),
    stateChip(job),
    el("small", {}, `${job.kind} · ${ago(job.created_at)}${job.sweep ? ` · sweep ${job.sweep}` : ""}`),
    el("small", {}, progressWords(job)),
    progressBar(job),
  );
}
