/** States of a job in words and colours, and how far it has come. */

import { el } from "../core/dom.js";
import { duration, thousands } from "../core/format.js";

/** @typedef {import("../types").Job} Job */

/** @type {Record<string, string>} */
const KINDS = { queued: "", running: "accent", succeeded: "good", failed: "bad", cancelled: "outline" };

/** What a phase adds to the state; the others add nothing. @type {Record<string, string>} */
const PHASES = { blocked: "queued after training", starting: "starting", stopping: "stopping" };

/** @param {Pick<Job, "state" | "phase">} job */
export function stateChip({ state, phase }) {
  const words = PHASES[phase ?? ""] ?? state;
  return el("span", { class: `chip ${KINDS[state] ?? ""}` }, words);
}

/**
 * How far a job is; one that runs and counts no steps, as an evaluation, has a bar that moves without a value.
 * @param {Pick<Job, "state" | "step" | "steps">} job
 */
export function progressBar({ state, step, steps }) {
  if (state === "running" && !steps)
    return el("div", { class: "progress running unknown", role: "progressbar", "aria-label": "Progress" }, el("i", {}));
  const share = state === "succeeded" ? 100 : steps ? (100 * step) / steps : 0;
  return el(
    "div",
    {
      class: `progress ${state}`,
      role: "progressbar",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": Math.round(share),
      "aria-label": "Progress",
    },
    el("i", { style: `width:${share}%` }),
  );
}

/** @param {Job} job */
export function progressWords(job) {
  if (job.state === "queued") return job.phase === "blocked" ? "waits for the training" : "waiting";
  if (job.state === "running") {
    const left = job.eta_seconds === null || job.eta_seconds === undefined ? "" : `, ${duration(job.eta_seconds)} left`;
    return job.steps ? `${thousands(job.step)} of ${thousands(job.steps)}${left}` : "running";
  }
  if (job.state === "failed") return job.reason ?? "failed";
  return job.finished_at && job.started_at
    ? `took ${duration((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000)}`
    : job.state;
}

/** "3 min ago". @param {string} moment RFC 3339 */
export function ago(moment) {
  const seconds = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
