/** List of jobs, newest first, polled every two seconds while the page is visible. */

import { messageOf } from "../core/api.js";
import { thousands } from "../core/format.js";
import { html, nothing, render, repeat } from "../core/html.js";
import { poll } from "../core/poll.js";
import { queue, readJobs } from "../ui/queue-status.js";
import { ago, progressBar, progressText, stateChip } from "./state-text.js";

const POLL_MILLISECONDS = 2000;
export const FILTERS = [
  ["", "All"],
  ["active", "Active"],
  ["succeeded", "Done"],
  ["failed", "Failed"],
];

/**
 * Draw the list and its filters, and keep both up to date.
 * @param {{list: HTMLElement, filters: HTMLElement}} places
 * @param {{selected: () => string, filter: () => string, onFilter: (filter: string) => void}} page
 * @returns {{refresh: () => Promise<void>, destroy: () => void}}
 */
export function jobList({ list, filters }, { selected, filter, onFilter }) {
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
  /** @param {unknown} error */
  function onError(error) {
    failure = `The queue could not be read: ${messageOf(error)}`;
    draw();
  }
  function drawFilters() {
    const { queued = 0, running = 0, succeeded = 0, failed = 0 } = queue.get().counts ?? {};
    /** @type {Record<string, number>} */
    const counts = { active: queued + running, succeeded, failed };
    const choose = (/** @type {string} */ value) => {
      onFilter(value);
      drawFilters();
      polling.now();
    };
    const buttons = FILTERS.map(
      ([value, label]) =>
        html`<button type="button" aria-pressed=${String(filter() === value)} @click=${() => choose(value)}>
          ${value ? `${label} ${thousands(counts[value])}` : label}
        </button>`,
    );
    render(buttons, filters);
  }
  /** Rows of the last successful read stay below the message of a failed one. */
  function draw() {
    const again = html`<button type="button" class="btn" @click=${() => polling.now()}>Try again</button>`;
    const notice = page ? noticeOf(page) : "";
    const content = html`
      ${failure ? html`<p class="notice bad" role="alert">${failure} ${again}</p>` : ""}
      ${notice ? html`<p class="notice">${notice}</p>` : ""}
      ${repeat(
        page?.items ?? [],
        ({ id }) => id,
        (job) => listItem(job, job.id === selected()),
      )}
      ${page?.items.length === 0 ? html`<p class="empty"><b>No jobs here</b>Start one: New run.</p>` : ""}
      ${page?.next_cursor ? html`<p class="empty">The newest 100 are shown.</p>` : ""}
    `;
    render(content, list);
  }
  const stopListening = queue.on(["counts"], drawFilters);
  drawFilters();
  const polling = poll(read, POLL_MILLISECONDS, onError);
  return {
    refresh() {
      draw(); // the selected job may have changed
      return polling.now();
    },
    destroy() {
      polling.stop();
      stopListening();
    },
  };
}

/**
 * Reason why no job can start, or "".
 * @param {import("../types").JobPage} page
 */
function noticeOf({ counts, workers }) {
  if (workers.some(({ answers }) => answers)) return "";
  if (workers.length) return `${workers.map(({ name }) => name).join(", ")} does not answer: jobs wait until it does.`;
  return counts.queued ? "No worker is running: jobs wait until one is started by axiscope worker." : "";
}

/**
 * @param {import("../types").Job} job
 * @param {boolean} current
 */
const listItem = (job, current) =>
  html`<a class="job-item" href="?job=${job.id}" data-job=${job.id} aria-current=${current ? "true" : nothing}>
    <b>${job.name}</b>
    ${stateChip(job)}
    <small>${job.kind} · ${ago(job.created_at)}${job.sweep ? ` · sweep ${job.sweep}` : ""}</small>
    <small>${progressText(job)}</small>
    ${progressBar(job)}
  </a>`;
