/** One job: live loss and KL, the film and the log under one step slider, and what is known of it. */

import { getJson, sendJson } from "../../api.js";
import { el } from "../../dom.js";
import { klFigure, lossFigure } from "../../math/figures/job.js";
import { thousands } from "../../math/format.js";
import { figurePanel } from "../figure-panel.js";
import { toast, toastError } from "../toast.js";
import { alerts, heading, settings } from "./about.js";
import { filmPanel } from "./film.js";
import { addRow, emptyCurves, follow } from "./live.js";
import { logPanel } from "./log.js";

const DRAW_MILLISECONDS = 500;

/** @typedef {import("../../types-jobs").Job} Job */

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
  const log = logPanel(id);
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
  const panels = el("div", { class: "job-panels" }, loss.node, kl.node, film.node, log.node, extra);
  view.replaceChildren(top, steps, panels);

  let alive = true;
  let waiting = 0;
  function draw() {
    if (waiting || !alive) return;
    waiting = window.setTimeout(() => {
      waiting = 0;
      slider.max = String(Math.max(0, curves.step.length - 1));
      if (chosen === null) slider.value = slider.max;
      loss.draw();
      kl.draw();
    }, DRAW_MILLISECONDS);
  }
  async function refresh() {
    const job = /** @type {Job} */ (await getJson(`/api/v1/jobs/${encodeURIComponent(id)}`));
    if (!alive) return;
    const trains = job.kind === "train";
    for (const node of [steps, loss.node, kl.node, film.node]) node.hidden = !trains;
    top.replaceChildren(...heading(job, { onClone, act }), ...alerts(job, curves));
    extra.replaceChildren(...settings(job));
  }
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
      await refresh();
      if (path === "/retry") listen();
    } catch (error) {
      toastError(error);
    }
  }
  const quiet = (/** @type {unknown} */ error) => alive && toastError(error);
  let stop = () => {};
  let last = 0;
  function listen() {
    stop();
    stop = follow(id, {
      onRow(row) {
        addRow(curves, row);
        draw();
        if (Date.now() - last > 1000) {
          last = Date.now();
          refresh().catch(quiet);
        }
      },
      onChange(kind) {
        refresh().catch(quiet);
        film.look();
        if (kind !== "checkpoint") onChange();
      },
      onDone() {
        refresh().catch(quiet);
        film.look();
        log.look();
        onChange();
      },
    });
  }
  refresh()
    .then(listen)
    .catch((error) =>
      view.replaceChildren(el("p", { class: "empty" }, el("b", {}, "This job cannot be shown"), error.message)),
    );
  film.look();
  return () => {
    alive = false;
    clearTimeout(waiting);
    stop();
    log.stop();
  };
}
