/** Description of a job: name, actions, figures, warnings, settings and attempts, as templates. */

import { short, thousands } from "../core/format.js";
import { html, tableHead } from "../core/html.js";
import { toToml } from "../formats/toml.js";
import { hasEnded, progressBar, progressText, stateChip } from "./state-text.js";

const DEAD_NATS = 0.01;
/** Every latent is dead at first: the warning appears after this share of the steps. */
const WARNING_SHARE = 0.2;

/** @typedef {import("../types").Job} Job */

/**
 * @param {Job} job
 * @param {{onClone: (spec: any) => void, act: (method: "DELETE" | "POST", path: string, done: string) => void}} actions
 */
export function heading(job, { onClone, act }) {
  /** One template for each action, so that a focused button never becomes that of another. */
  const cancel = html`<button
    type="button"
    class="btn"
    @click=${() => act("DELETE", "", "Cancelled: it stops at its next step")}
  >
    Cancel
  </button>`;
  const retry = html`<button
    type="button"
    class="btn"
    @click=${() => act("POST", "/retry", "Queued again: it resumes from its last checkpoint")}
  >
    Retry
  </button>`;
  const { images_per_second: speed, parts = {} } = job.progress ?? {};
  /** @type {[string, string][]} */
  const facts = [
    ["", progressText(job)],
    ["attempt ", `${job.attempt} of ${job.max_attempts}`],
    ["images/s ", speed ? thousands(Math.round(speed)) : ""],
    ...Object.entries(parts).map(
      ([name, value]) => /** @type {[string, string]} */ ([`${name.replaceAll("_", " ")} `, short(value)]),
    ),
  ];
  const model = job.result?.model;
  return html`
    <div class="job-title">
      <h2>${job.name}</h2>
      ${stateChip(job)}
      <span class="grow"></span>
      ${model ? html`<a class="btn primary" href="/explore/${encodeURIComponent(model)}">Open the model</a>` : ""}
      ${job.sweep ? html`<a class="btn" href="/sweeps/${job.sweep}">Sweep</a>` : ""} ${hasEnded(job) ? "" : cancel}
      ${["failed", "cancelled"].includes(job.state) ? retry : ""}
      ${
        job.kind === "train"
          ? html`<button type="button" class="btn" @click=${() => onClone(job.spec)}>New run from this</button>`
          : ""
      }
    </div>
    <div class="job-facts">
      ${facts.filter(([, value]) => value).map(([name, value]) => html`<span>${name}<b>${value}</b></span>`)}
    </div>
    ${progressBar(job)}
  `;
}

/**
 * @param {Job} job
 * @param {import("./live-curves.js").Curves} curves
 * @param {boolean} interrupted whether the stream of events is broken
 */
export function alerts(job, curves, interrupted) {
  const kl = curves.kl[curves.kl.length - 1] ?? job.progress?.kl ?? [];
  const dead = kl.filter((value) => value <= DEAD_NATS).length;
  const warns = kl.length && dead * 2 >= kl.length && job.step > WARNING_SHARE * (job.steps ?? Infinity);
  return html`
    ${
      interrupted
        ? html`<p class="notice" role="status">
            Live updates are interrupted: the page reads the job every two seconds.
          </p>`
        : ""
    }
    ${job.error ? html`<p class="notice bad" role="alert">${job.error}</p>` : ""}
    ${job.state === "failed" ? html`<p class="soft">${adviceFor(job)}</p>` : ""}
    ${
      warns
        ? html`<p class="notice">
            ${dead} of ${kl.length} latents are dead so far: the weight of the KL may be too high for this data set.
          </p>`
        : ""
    }
  `;
}

/**
 * What a person can do about a failed job.
 * @param {Job} job
 */
const adviceFor = ({ kind }) =>
  kind === "train"
    ? "Retry goes on from the last checkpoint, with the same settings. New run from this opens the form with them, to change one. The log below has the details."
    : "Retry begins again with the same settings. The log below has the details.";

/** @param {Job} job */
export function settings(job) {
  const attempts = job.attempts ?? [];
  return html`
    <div class="card">
      <div class="bar"><h2>Settings</h2></div>
      <pre class="spec">${toToml(job.spec)}</pre>
    </div>
    ${attempts.length ? attemptTable(attempts) : ""}
  `;
}

/** @param {import("../types").Attempt[]} attempts */
function attemptTable(attempts) {
  const names = ["attempt", "state", "worker", "device", "from step", "error"];
  return html`<div class="card scroll-x">
    <div class="bar"><h2>Attempts</h2></div>
    <table class="attempts">
      ${tableHead(names)}
      <tbody>
        ${attempts.map(
          ({ attempt, state, worker, device, first_step, error }) =>
            html`<tr>
              ${[attempt, state, worker, device, first_step, error].map((value) => html`<td>${value}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
