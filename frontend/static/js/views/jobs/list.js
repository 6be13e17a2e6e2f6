/** The queue: newest first, looked at every two seconds while the page is seen. */

import { getJson } from "../../api.js";
import { el } from "../../dom.js";
import { thousands } from "../../math/format.js";
import { ago, progressBar, progressWords, stateChip } from "./words.js";

const EVERY_MILLISECONDS = 2000;
export const FILTERS = [
  ["", "All"],
  ["active", "Active"],
  ["succeeded", "Done"],
  ["failed", "Failed"],
];

/**
 * @param {{list: HTMLElement, filters: HTMLElement}} places
 * @param {{selected: () => string, filter: () => string, onFilter: (filter: string) => void, fail: (error: unknown) => void}} page
 */
export function queueList({ list, filters }, { selected, filter, onFilter, fail }) {
  let stopped = 0;
  let failed = false;
  async function look() {
    clearTimeout(stopped);
    if (!document.hidden) {
      try {
        await refresh();
        failed = false;
      } catch (error) {
        if (!failed) fail(error);
        failed = true;
      }
    }
    stopped = window.setTimeout(look, EVERY_MILLISECONDS);
  }
  async function refresh() {
    const chosen = filter();
    const state = chosen === "active" ? "&state=queued&state=running" : chosen ? `&state=${chosen}` : "";
    const answer = await getJson(`/api/v1/jobs?limit=100${state}`);
    if (filter() !== chosen) return;
    drawFilters(answer.counts);
    draw(answer.items, answer.next_cursor !== null, noticeOf(answer));
    list.setAttribute("aria-busy", "false");
  }
  /** @param {Record<string, number>} counts */
  function drawFilters(counts) {
    const number = {
      "": 0,
      active: (counts.queued ?? 0) + (counts.running ?? 0),
      succeeded: counts.succeeded ?? 0,
      failed: counts.failed ?? 0,
    };
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.filter : undefined;
    filters.replaceChildren(
      ...FILTERS.map(([value, label]) =>
        el(
          "button",
          {
            type: "button",
            dataset: { filter: value },
            "aria-pressed": String(filter() === value),
            on: { click: () => (onFilter(value), look()) },
          },
          value ? `${label} ${thousands(/** @type {Record<string, number>} */ (number)[value])}` : label,
        ),
      ),
    );
    if (focused !== undefined)
      /** @type {HTMLElement | null} */ (filters.querySelector(`[data-filter="${focused}"]`))?.focus();
  }
  /**
   * @param {import("../../types-jobs").Job[]} jobs
   * @param {boolean} more
   * @param {string} notice
   */
  function draw(jobs, more, notice) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.job : undefined;
    list.replaceChildren(
      notice ? el("p", { class: "notice" }, notice) : "",
      ...jobs.map((job) => item(job, job.id === selected())),
      jobs.length ? "" : el("p", { class: "empty" }, el("b", {}, "No jobs here"), "Start one: New run."),
      more ? el("p", { class: "empty" }, "The newest 100 are shown.") : "",
    );
    if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-job="${focused}"]`))?.focus();
  }
  document.addEventListener("visibilitychange", () => !document.hidden && look());
  look();
  return { look };
}

/**
 * Why nothing moves, where nothing can.
 *
 * @param {import("../../types-jobs").JobPage} answer
 */
function noticeOf({ counts, workers }) {
  if (workers.some(({ answers }) => answers)) return "";
  if (workers.length) return `${workers.map(({ name }) => name).join(", ")} does not answer: jobs wait until it does.`;
  return counts.queued ? "No worker is there: jobs wait until one is started by axiscope worker." : "";
}

/**
 * @param {import("../../types-jobs").Job} job
 * @param {boolean} current
 */
function item(job, current) {
  return el(
    "a",
    { class: "job-item", href: `?job=${job.id}`, dataset: { job: job.id }, "aria-current": current ? "true" : null },
    el("b", {}, job.name),
    stateChip(job),
    el("small", {}, `${job.kind} · ${ago(job.created_at)}${job.sweep ? ` · sweep ${job.sweep}` : ""}`),
    el("small", {}, progressWords(job)),
    progressBar(job),
  );
}
