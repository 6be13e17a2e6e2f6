/** Page of one sweep: its grid as a matrix of progress, and results as they arrive. */

import { getJson, messageOf, Problem, sendJson } from "../core/api.js";
import { boot, need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { poll } from "../core/poll.js";
import { toToml } from "../formats/toml.js";
import { sweepResults } from "../jobs/results.js";
import { progressMatrix } from "../jobs/sweep.js";
import { toast, toastError } from "../ui/toast.js";

/** @typedef {import("../types").Sweep} Sweep */

/** Shortest pause; a large sweep is polled less often, by a millisecond for each run. */
const POLL_MILLISECONDS = 2000;
const id = boot().sweep;
const path = `/api/v1/sweeps/${encodeURIComponent(id)}`;
const root = need("#sweep");
const results = sweepResults();
/** @type {{sweep: Sweep, cells: import("../types").SweepCell[]} | null} */
let read = null;
let failure = "";

function draw() {
  if (read) {
    document.title = `Sweep ${id} · Axiscope`;
    const { sweep, cells } = read;
    const content = html`
      ${failure ? html`<p class="notice bad" role="alert">${failure}</p>` : ""} ${heading(sweep)}
      ${progressMatrix(sweep, cells)} ${results.node}
      <details class="card sweep-settings">
        <summary>Settings</summary>
        <pre class="spec">${toToml(sweep.spec)}</pre>
      </details>
    `;
    render(content, root);
  } else render(html`<p class="empty"><b>This sweep cannot be shown</b>${failure}</p>`, root);
  root.setAttribute("aria-busy", "false");
  document.body.dataset.ready = "1";
}

/** @param {Sweep} sweep */
function heading(sweep) {
  const ended = hasEnded(sweep);
  return html`
    <div class="page-head">
      <h1>${sweep.name || `Sweep ${sweep.id}`}</h1>
      <span class=${ended ? "chip" : "chip accent"}>${stateText(sweep)}</span>
      <span class="grow"></span>
      <a class="btn" href="/jobs">All jobs</a>
      ${ended ? "" : html`<button type="button" class="btn" @click=${cancel}>Cancel the sweep</button>`}
    </div>
    <p class="job-facts">
      <span><b>${thousands(sweep.total)}</b> runs</span>
      ${countsOf(sweep.counts, "")} ${countsOf(sweep.evaluations, "evaluation")}
      ${sweep.max_parallel ? html`<span>at most <b>${sweep.max_parallel}</b> at a time</span>` : ""}
    </p>
  `;
}

async function cancel() {
  if (!confirm("Cancel the sweep? Queued runs are dropped, running ones stop at their next step.")) return;
  try {
    await sendJson("DELETE", path);
    toast("Cancelled: queued runs are dropped, running ones stop at their next step");
    await polling.now();
  } catch (error) {
    toastError(error);
  }
}

/** @param {Sweep} sweep */
function stateText({ state, counts, evaluations }) {
  if (state === "running" && !counts.queued && !counts.running) return "evaluating";
  return state === "finished" && (counts.failed || evaluations.failed) ? "finished, some failed" : state;
}

/**
 * "3 succeeded", or "3 evaluations succeeded".
 * @param {Record<string, number>} counts by state
 * @param {string} name of one of them
 */
const countsOf = (counts, name) =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => html`<span><b>${thousands(n)}</b> ${name && `${name}${n === 1 ? "" : "s"} `}${state}</span>`);

/** @param {Sweep} sweep */
const hasEnded = ({ state, counts, evaluations }) =>
  ["finished", "cancelled"].includes(state) &&
  ![counts, evaluations].some(({ queued, running }) => queued > 0 || running > 0);

/** @param {AbortSignal} signal */
async function refresh(signal) {
  const [sweep, { cells }] = await Promise.all([getJson(path, { signal }), getJson(`${path}/cells`, { signal })]);
  read = { sweep, cells };
  failure = "";
  draw();
  await results.refresh(sweep, cells, signal);
  if (hasEnded(sweep)) return results.isComplete() ? null : POLL_MILLISECONDS;
  return Math.max(POLL_MILLISECONDS, sweep.total);
}

/** @param {unknown} error */
function onError(error) {
  failure = messageOf(error);
  if (error instanceof Problem && error.status === 404) polling.stop();
  draw();
}

root.replaceChildren();
const polling = poll(refresh, POLL_MILLISECONDS, onError);
