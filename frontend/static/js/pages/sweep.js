/** One sweep: its grid as a matrix of progress, and results as they come. */

import { Problem, getJson, sendJson } from "../core/api.js";
import { boot, el, need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { toToml } from "../formats/toml.js";
import { poll } from "../core/poll.js";
import { update } from "../core/update.js";
import { progressMatrix } from "../jobs/matrix.js";
import { sweepResults } from "../jobs/results.js";
import { toast, toastError } from "../ui/toast.js";

/** A large sweep is looked at less often: a millisecond for each run. */
const EVERY_MILLISECONDS = 2000;
const id = boot().sweep;
const path = `/api/v1/sweeps/${encodeURIComponent(id)}`;
const root = need("#sweep");
const head = el("div", {});
const matrix = el("div", {});
const problem = el("div", {});
const results = sweepResults();
const settings = el("pre", { class: "spec" });
const card = el("details", { class: "card sweep-settings" }, el("summary", {}, "Settings"), settings);

async function cancel() {
  try {
    await sendJson("DELETE", path);
    toast("Cancelled: no more runs are made, running ones stop at their next step");
    await looking.now();
  } catch (error) {
    toastError(error);
  }
}

/** @param {import("../types").Sweep} sweep */
function drawHead(sweep) {
  const over = hasEnded(sweep);
  document.title = `Sweep ${sweep.id} · Axiscope`;
  update(head, [
    el(
      "div",
      { class: "page-head" },
      el("h1", {}, sweep.name || `Sweep ${sweep.id}`),
      el("span", { class: over ? "chip" : "chip accent" }, stateWords(sweep)),
      el("span", { class: "grow" }),
      el("a", { class: "btn", href: "/jobs" }, "All jobs"),
      !over && el("button", { type: "button", class: "btn", on: { click: cancel } }, "Cancel the sweep"),
    ),
    el(
      "p",
      { class: "job-facts" },
      el("span", {}, el("b", {}, thousands(sweep.total)), " runs"),
      counted(sweep.counts, ""),
      counted(sweep.evaluations, "evaluation"),
      sweep.max_parallel && el("span", {}, "at most ", el("b", {}, String(sweep.max_parallel)), " at a time"),
    ),
  ]);
}

/** @param {import("../types").Sweep} sweep */
function stateWords({ state, counts, evaluations }) {
  if (state === "running" && !counts.queued && !counts.running) return "evaluating";
  return state === "finished" && (counts.failed || evaluations.failed) ? "finished, some failed" : state;
}

/**
 * "3 succeeded", or "3 evaluations succeeded".
 * @param {Record<string, number>} counts by state
 * @param {string} what one of them is
 */
const counted = (counts, what) =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([state, n]) =>
      el("span", {}, el("b", {}, thousands(n)), ` ${what && `${what}${n === 1 ? "" : "s"} `}${state}`),
    );

/** @param {import("../types").Sweep} sweep */
const hasEnded = ({ state, counts, evaluations }) =>
  ["finished", "cancelled"].includes(state) &&
  ![counts, evaluations].some(({ queued, running }) => queued > 0 || running > 0);

/** @param {AbortSignal} signal */
async function look(signal) {
  const [sweep, { cells }] = await Promise.all([getJson(path, { signal }), getJson(`${path}/cells`, { signal })]);
  drawHead(sweep);
  update(matrix, [progressMatrix(sweep, cells)]);
  if (!settings.textContent) settings.textContent = toToml(sweep.spec);
  if (!root.contains(head)) root.replaceChildren(problem, head, matrix, results.node, card);
  update(problem, []);
  ready();
  await results.look(sweep, cells, signal);
  if (hasEnded(sweep)) return results.isComplete() ? null : EVERY_MILLISECONDS;
  return Math.max(EVERY_MILLISECONDS, sweep.total);
}

/** @param {unknown} error */
function failed(error) {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Problem && error.status === 404) looking.stop();
  if (root.contains(head)) update(problem, [el("p", { class: "notice bad", role: "alert" }, reason)]);
  else root.replaceChildren(el("p", { class: "empty" }, el("b", {}, "This sweep cannot be shown"), reason));
  ready();
}

function ready() {
  root.setAttribute("aria-busy", "false");
  document.body.dataset.ready = "1";
}

const looking = poll(look, EVERY_MILLISECONDS, failed);
