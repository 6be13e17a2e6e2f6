/** State, progress and age of a job, as text and as templates. */

import { duration, thousands } from "../core/format.js";
import { html } from "../core/html.js";

/** @typedef {import("../types").Job} Job */

const ENDED = ["succeeded", "failed", "cancelled"];

/** @type {Record<string, string>} */
const CHIP_CLASSES = { queued: "", running: "accent", succeeded: "good", failed: "bad", cancelled: "outline" };

/** Phases that replace the state on the chip. @type {Record<string, string>} */
const PHASES = { blocked: "waiting for training", starting: "starting", stopping: "stopping" };

/** @param {Pick<Job, "state">} job */
export const hasEnded = ({ state }) => ENDED.includes(state);

/** @param {Pick<Job, "state" | "phase">} job */
export const stateChip = ({ state, phase }) =>
  html`<span class="chip ${CHIP_CLASSES[state] ?? ""}">${PHASES[phase ?? ""] ?? state}</span>`;

/**
 * Bar of finished steps; a running job without a number of steps, such as an evaluation, has a bar without a value.
 * @param {Pick<Job, "state" | "step" | "steps">} job
 */
export function progressBar({ state, step, steps }) {
  if (state === "running" && !steps)
    return html`<div class="progress running unknown" role="progressbar" aria-label="Progress"><i></i></div>`;
  const percent = state === "succeeded" ? 100 : steps ? (100 * step) / steps : 0;
  return html`<div
    class="progress ${state}"
    role="progressbar"
    aria-label="Progress"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(percent)}
  >
    <i style="width:${percent}%"></i>
  </div>`;
}

/** @param {Job} job */
export function progressText(job) {
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

/** "3 min ago". @param {string} time RFC 3339 */
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
