/** One job: live loss and KL, traversals and log under one step slider, and its description. */

import { getJson, messageOf, Problem, sendJson } from "../core/api.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { poll } from "../core/poll.js";
import { klFigure, lossFigure } from "../figures/training.js";
import { figurePanel } from "../ui/figure-panel.js";
import { toast, toastError } from "../ui/toast.js";
import { alerts, heading, settings } from "./facts.js";
import { addRow, emptyCurves, followEvents } from "./live-curves.js";
import { logPanel, traversalPanel } from "./output.js";
import { hasEnded } from "./state-text.js";

const DRAW_MILLISECONDS = 500;
/** Shortest time between two reads of the job while rows arrive. */
const ROW_MILLISECONDS = 1000;
/** Between reads while the stream of events is broken. */
const POLL_MILLISECONDS = 2000;

/** @typedef {import("../types").Job} Job */

/**
 * Show a job and keep it up to date.
 * @param {HTMLElement} view drawn by `render` alone
 * @param {string} id
 * @param {{onClone: (spec: any) => void, onChange: () => void}} page
 * @returns {() => void} destroy
 */
export function showJob(view, id, { onClone, onChange }) {
  const path = `/api/v1/jobs/${encodeURIComponent(id)}`;
  const curves = emptyCurves();
  /** Step of all panels; null: the newest. @type {number | null} */
  let step = null;
  /** @type {Job | null} as last read */
  let job = null;
  let failure = "";
  let interrupted = false;
  let listening = false;

  const loss = figurePanel({
    title: "Loss",
    term: "objective",
    name: `job-${id}-loss`,
    make: (palette) => lossFigure(curves, step, palette),
    rows: () => [
      ["step", ...Object.keys(curves.parts)],
      ...curves.step.map((at, k) => [at, ...Object.values(curves.parts).map((part) => part[k])]),
    ],
  });
  const kl = figurePanel({
    title: "KL per latent",
    term: "kl",
    name: `job-${id}-kl`,
    make: (palette) => klFigure(curves, step, palette),
    rows: () => [
      ["step", ...(curves.kl[0] ?? []).map((_, latent) => `z${latent}`)],
      ...curves.step.map((at, k) => [at, ...curves.kl[k]]),
    ],
    note: "A latent whose KL stays at 0 is dead: the decoder does not use it.",
  });
  const traversals = traversalPanel(id);
  const log = logPanel(id, () => job !== null && hasEnded(job));

  function draw() {
    if (!job) {
      render(
        html`<p class="empty">${failure ? html`<b>This job cannot be shown</b>${failure}` : "Reading …"}</p>`,
        view,
      );
      return;
    }
    const trains = job.kind === "train";
    const content = html`
      <div>${heading(job, { onClone, act })} ${alerts(job, curves, interrupted)}</div>
      ${trains ? stepSlider() : ""}
      <div class="job-panels">
        ${trains ? [loss.node, job.spec.objective === "ae" ? "" : kl.node, traversals.node] : ""} ${log.node}
        <div class="whole">${settings(job)}</div>
      </div>
    `;
    render(content, view);
  }
  function stepSlider() {
    const last = Math.max(0, curves.step.length - 1);
    const choose = (/** @type {Event} */ event) => {
      const at = Number(/** @type {HTMLInputElement} */ (event.target).value);
      step = at >= last ? null : curves.step[at];
      traversals.show(step);
      draw();
      drawCurves();
    };
    return html`<div class="step-slider">
      <b>Step</b>
      <input
        type="range"
        min="0"
        max=${last}
        .value=${String(step === null ? last : curves.step.indexOf(step))}
        aria-label="Training step shown in all panels"
        aria-valuetext=${step === null ? "newest" : `step ${step}`}
        @input=${choose}
      />
      <output>${step === null ? "newest" : thousands(step)}</output>
    </div>`;
  }
  let timer = 0;
  function drawCurves() {
    timer ||= window.setTimeout(() => {
      timer = 0;
      draw();
      Promise.all([loss.draw(), kl.draw()]).catch(toastError);
    }, DRAW_MILLISECONDS);
  }

  /**
   * Read the job. Events start it; while their stream is broken, it is polled.
   * @param {AbortSignal} signal
   */
  async function read(signal) {
    job = /** @type {Job} */ (await getJson(path, { signal }));
    if (signal.aborted) return null;
    if (interrupted && job.progress && job.progress.step > (curves.step.at(-1) ?? 0)) {
      addRow(curves, job.progress);
      drawCurves();
    }
    draw();
    if (!listening) listen();
    return interrupted && !hasEnded(job) ? POLL_MILLISECONDS : null;
  }
  /**
   * @param {unknown} error
   * @param {number} failures in a row
   */
  function onError(error, failures) {
    failure = messageOf(error);
    if (error instanceof Problem && error.status === 404) polling.stop();
    if (job && failures === 1) toastError(error);
    if (!job) draw();
  }
  draw();
  const polling = poll(read, POLL_MILLISECONDS, onError);

  /**
   * @param {"DELETE" | "POST"} method
   * @param {string} action
   * @param {string} done message
   */
  async function act(method, action, done) {
    const question = "Cancel this job? It stops at its next step; Retry resumes a run from its last checkpoint.";
    if (method === "DELETE" && !confirm(question)) return;
    try {
      await sendJson(method, path + action);
      toast(done);
      onChange();
      await polling.now();
      if (action !== "/retry") return;
      listen();
      log.refresh();
    } catch (error) {
      toastError(error);
    }
  }

  let stopEvents = () => {};
  let readAt = 0;
  /** Follow the events; a job that has ended sends its whole history and then the end. */
  function listen() {
    const isComplete = job !== null && hasEnded(job);
    listening = true;
    stopEvents();
    stopEvents = followEvents(id, {
      onRow(row) {
        addRow(curves, row);
        drawCurves();
        if (Date.now() - readAt < ROW_MILLISECONDS) return;
        readAt = Date.now();
        polling.now();
      },
      onChange(kind) {
        polling.now();
        traversals.refresh();
        if (kind !== "checkpoint") onChange();
      },
      onInterrupted(now) {
        interrupted = now;
        polling.now();
      },
      onDone() {
        polling.now().then(log.refresh);
        traversals.refresh();
        onChange();
        if (!isComplete) replay();
      },
    });
  }
  /** Read the whole history of a finished job: the live stream leaves out progress that comes too fast. */
  function replay() {
    const complete = emptyCurves();
    stopEvents = followEvents(id, {
      onRow: (row) => addRow(complete, row),
      onDone() {
        Object.assign(curves, complete);
        drawCurves();
      },
    });
  }
  return () => {
    clearTimeout(timer);
    polling.stop();
    stopEvents();
    for (const part of [loss, kl, traversals, log]) part.destroy();
  };
}
