/** One job: live loss and KL, the film and the log under one step slider, and what is known of it. */

import { Problem, getJson, sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { klFigure, lossFigure } from "../figures/training.js";
import { thousands } from "../core/format.js";
import { poll } from "../core/poll.js";
import { update } from "../core/update.js";
import { figurePanel } from "../ui/figure-panel.js";
import { toast, toastError } from "../ui/toast.js";
import { alerts, heading, settings } from "./facts.js";
import { filmPanel } from "./traversals.js";
import { addRow, emptyCurves, follow } from "./live-curves.js";
import { logPanel } from "./log.js";

const DRAW_MILLISECONDS = 500;
/** At most so often the job is read while rows come. */
const ROW_MILLISECONDS = 1000;
const BROKEN_MILLISECONDS = 2000;
const ENDED = ["succeeded", "failed", "cancelled"];

/** @typedef {import("../types").Job} Job */

/**
 * @param {HTMLElement} view
 * @param {string} id
 * @param {{onClone: (spec: any) => void, onChange: () => void}} page
 * @returns {() => void} stop
 */
export function showJob(view, id, { onClone, onChange }) {
  const top = el("div", {});
  const curves = emptyCurves();
  /** @type {number | null} */
  let chosen = null;
  const at = () => chosen;
  const loss = figurePanel({
    title: "Loss",
    name: `job-${id}-loss`,
    make: (palette) => lossFigure(curves, at(), palette),
    rows: () => [
      ["step", ...Object.keys(curves.parts)],
      ...curves.step.map((step, k) => [step, ...Object.values(curves.parts).map((part) => part[k])]),
    ],
  });
  const kl = figurePanel({
    title: "KL per latent",
    name: `job-${id}-kl`,
    make: (palette) => klFigure(curves, at(), palette),
    rows: () => [
      ["step", ...(curves.kl[0] ?? []).map((_, latent) => `z${latent}`)],
      ...curves.step.map((step, k) => [step, ...curves.kl[k]]),
    ],
    note: "A latent whose KL stays at 0 is dead: the decoder does not use it.",
  });
  const film = filmPanel(id);
  const slider = el("input", {
    type: "range",
    min: "0",
    max: "0",
    value: "0",
    step: "1",
    "aria-label": "Training step shown in all panels",
  });
  const output = el("output", {}, "newest");
  slider.addEventListener("input", () => {
    const last = Number(slider.value) === Number(slider.max);
    chosen = last ? null : (curves.step[Number(slider.value)] ?? null);
    output.textContent = chosen === null ? "newest" : thousands(chosen);
    slider.setAttribute("aria-valuetext", chosen === null ? "newest" : `step ${chosen}`);
    film.show(chosen);
    draw();
  });
  const steps = el("div", { class: "step-slider" }, el("b", {}, "Step"), slider, output);
  const extra = el("div", { class: "whole" });

  let waiting = 0;
  function draw() {
    waiting ||= window.setTimeout(() => {
      waiting = 0;
      slider.max = String(Math.max(0, curves.step.length - 1));
      if (chosen === null) slider.value = slider.max;
      Promise.all([loss.draw(), kl.draw()]).catch(toastError);
    }, DRAW_MILLISECONDS);
  }

  /** @type {Job | null} as last read */
  let job = null;
  let broken = false;
  let listening = false;
  const hasEnded = () => job !== null && ENDED.includes(job.state);
  const log = logPanel(id, hasEnded);
  const panels = el("div", { class: "job-panels" }, loss.node, kl.node, film.node, log.node, extra);
  view.replaceChildren(top, steps, panels);

  /**
   * Read the job. The events say when; where the stream is broken, the clock does.
   * @param {AbortSignal} signal
   */
  async function read(signal) {
    job = /** @type {Job} */ (await getJson(`/api/v1/jobs/${encodeURIComponent(id)}`, { signal }));
    if (signal.aborted) return null;
    if (broken && job.progress && job.progress.step > (curves.step.at(-1) ?? 0)) {
      addRow(curves, job.progress);
      draw();
    }
    show(job);
    if (!listening) listen();
    if (hasEnded()) return null;
    return broken ? BROKEN_MILLISECONDS : null;
  }
  /** @param {Job} now */
  function show(now) {
    if (!view.contains(top)) view.replaceChildren(top, steps, panels); // it could not be read before
    for (const node of [steps, loss.node, kl.node, film.node]) node.hidden = now.kind !== "train";
    update(top, [...heading(now, { onClone, act }), ...alerts(now, curves, broken)]);
    update(extra, settings(now));
  }
  /**
   * @param {unknown} error
   * @param {number} failures in a row
   */
  function failed(error, failures) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof Problem && error.status === 404) reading.stop();
    if (job && failures === 1) toastError(error);
    if (!job) view.replaceChildren(el("p", { class: "empty" }, el("b", {}, "This job cannot be shown"), reason));
  }
  const reading = poll(read, BROKEN_MILLISECONDS, failed);

  /**
   * @param {"DELETE" | "POST"} method
   * @param {string} path
   * @param {string} words
   */
  async function act(method, path, words) {
    try {
      await sendJson(method, `/api/v1/jobs/${encodeURIComponent(id)}${path}`);
      toast(words);
      onChange();
      await reading.now();
      if (path !== "/retry") return;
      listen();
      log.look();
    } catch (error) {
      toastError(error);
    }
  }

  let stopFollowing = () => {};
  let last = 0;
  /** Events as they come; a job that has ended gives all of its history and then the end. */
  function listen() {
    const whole = hasEnded();
    listening = true;
    stopFollowing();
    stopFollowing = follow(id, {
      onRow(row) {
        addRow(curves, row);
        draw();
        if (Date.now() - last < ROW_MILLISECONDS) return;
        last = Date.now();
        reading.now();
      },
      onChange(kind) {
        reading.now();
        film.look();
        if (kind !== "checkpoint") onChange();
      },
      onBroken(now) {
        broken = now;
        reading.now();
      },
      onDone() {
        reading.now().then(log.look);
        film.look();
        onChange();
        if (!whole) replay();
      },
    });
  }
  /** Live events leave out progress that came too fast: the finished job shows its whole history. */
  function replay() {
    const complete = emptyCurves();
    stopFollowing = follow(id, {
      onRow: (row) => addRow(complete, row),
      onDone() {
        Object.assign(curves, complete);
        draw();
      },
    });
  }
  return () => {
    clearTimeout(waiting);
    loss.destroy();
    kl.destroy();
    reading.stop();
    stopFollowing();
    film.stop();
    log.stop();
  };
}
