/** One job: state and actions, live loss and KL, the film, log, attempts and settings. */

import { getJson, sendJson } from "../../api.js";
import { el } from "../../dom.js";
import { klFigure, lossFigure } from "../../math/figures/job.js";
import { short, thousands } from "../../math/format.js";
import { toToml } from "../../math/toml.js";
import { figurePanel } from "../figure-panel.js";
import { toast, toastError } from "../toast.js";
import { filmPanel } from "./film.js";
import { addRow, emptyCurves, follow } from "./live.js";
import { logPanel } from "./log.js";
import { progressBar, progressWords, stateChip } from "./words.js";

const DRAW_MILLISECONDS = 500;
const DEAD_NATS = 0.01;
/** Every latent begins dead: warn only when a fifth of the steps is over. */
const EARLY = 0.2;

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

/**
 * @param {Job} job
 * @param {{onClone: (spec: any) => void, act: (method: "DELETE" | "POST", path: string, words: string) => void}} actions
 */
function heading(job, { onClone, act }) {
  const ended = ["succeeded", "failed", "cancelled"].includes(job.state);
  const button = (/** @type {string} */ label, /** @type {() => void} */ run) =>
    el("button", { type: "button", class: "btn", on: { click: run } }, label);
  /** @type {[string, string][]} */
  const facts = [
    ["", progressWords(job)],
    ["attempt", `${job.attempt} of ${job.max_attempts}`],
    ["images/s", job.progress?.images_per_second ? thousands(Math.round(job.progress.images_per_second)) : ""],
    ...Object.entries(job.progress?.parts ?? {}).map(
      ([name, value]) => /** @type {[string, string]} */ ([name.replaceAll("_", " "), short(value)]),
    ),
  ];
  return [
    el(
      "div",
      { class: "job-title" },
      el("h2", {}, job.name),
      stateChip(job),
      el("span", { class: "grow" }),
      job.result?.model &&
        el("a", { class: "btn primary", href: `/explore/${encodeURIComponent(job.result.model)}` }, "Open the model"),
      job.sweep && el("a", { class: "btn", href: `/sweeps/${job.sweep}` }, "Sweep"),
      !ended && button("Cancel", () => act("DELETE", "", "Cancelled: it stops at its next step")),
      (job.state === "failed" || job.state === "cancelled") &&
        button("Retry", () => act("POST", "/retry", "Queued again: it goes on from its last checkpoint")),
      job.kind === "train" && button("Clone", () => onClone(job.spec)),
    ),
    el(
      "div",
      { class: "job-facts" },
      facts.filter(([, value]) => value).map(([name, value]) => el("span", {}, name && `${name} `, el("b", {}, value))),
    ),
    progressBar(job),
  ];
}

/**
 * @param {Job} job
 * @param {import("./live.js").Curves} curves
 */
function alerts(job, curves) {
  const found = [];
  if (job.error) found.push(el("p", { class: "notice bad", role: "alert" }, job.error));
  const kl = curves.kl[curves.kl.length - 1] ?? job.progress?.kl ?? [];
  const dead = kl.filter((value) => value <= DEAD_NATS).length;
  if (kl.length && dead * 2 >= kl.length && job.step > EARLY * (job.steps ?? Infinity)) {
    found.push(
      el(
        "p",
        { class: "notice" },
        `${dead} of ${kl.length} latents are dead so far: the weight of the KL may be too high for these data.`,
      ),
    );
  }
  return found;
}

/** @param {Job} job */
function settings(job) {
  const attempts = job.attempts ?? [];
  return [
    el(
      "div",
      { class: "card" },
      el("div", { class: "bar" }, el("h2", {}, "Settings")),
      el("pre", { class: "spec" }, toToml(job.spec)),
    ),
    attempts.length > 0 &&
      el(
        "div",
        { class: "card", style: "margin-top: 16px; overflow-x: auto" },
        el("div", { class: "bar" }, el("h2", {}, "Attempts")),
        el(
          "table",
          { class: "attempts" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["attempt", "state", "worker", "device", "from step", "error"].map((name) =>
                el("th", { scope: "col" }, name),
              ),
            ),
          ),
          el(
            "tbody",
            {},
            attempts.map((one) =>
              el(
                "tr",
                {},
                [one.attempt, one.state, one.worker ?? "", one.device ?? "", one.first_step ?? "", one.error ?? ""].map(
                  (value) => el("td", {}, String(value)),
                ),
              ),
            ),
          ),
        ),
      ),
  ].filter((node) => node instanceof Node);
}
