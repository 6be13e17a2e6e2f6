/** The form of a run or a sweep, made from the schemas, and the same as TOML. */

import { Problem, sendJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { keysByContent } from "../core/idempotency.js";
import { thousands } from "../core/format.js";
import { gridSize, withSetting } from "./schema-form.js";
import { toast } from "../ui/toast.js";
import { estimator } from "./estimate.js";
import { formParts } from "./form-parts.js";
import { createMistakes, goTo, mistakeWords } from "./mistakes.js";
import { refusalWords } from "./refusal.js";
import { tomlBox } from "./toml-box.js";

/** @typedef {import("../types").Schemas} Schemas */

/** A short run that shows something within minutes on one core. */
export const SUGGESTED = { dataset: "dsprites", objective: "beta_vae", steps: 20000, learning_rate: 0.0005 };

/**
 * @param {HTMLElement} view
 * @param {Schemas} schemas
 * @param {{spec: Record<string, any>, grid?: Record<string, any[]>}} begin
 * @param {(answer: any) => void} onQueued
 * @returns {() => void} stop: the page shows something else
 */
export function showForm(view, schemas, begin, onQueued) {
  let spec = { ...begin.spec };
  /** @type {import("./sweep-grid.js").Grid} */
  let sweep = { grid: begin.grid ?? {}, most: null };
  let toml = false;
  let sending = false;
  let closed = false;
  /** What the service says against the content; `final`: it says so again until the content changes. */
  let refusal = { words: "", final: false };
  const keyOf = keysByContent();
  const mistakes = createMistakes(onMistakes);
  const body = el("div", { class: "run-form" });
  const estimate = el("span", { class: "estimate", role: "status", id: "form-state" });
  const button = { type: "button", class: "btn primary", "aria-describedby": "form-state" };
  const submit = el("button", { ...button, on: { click: () => queue() } }, "Queue");
  const flip = el("button", { type: "button", class: "btn", on: { click: turn } }, "TOML");
  const ask = estimator(request, { onAnswer: (words) => say(words), onRefusal: refuse });

  function request() {
    const { grid, most } = sweep;
    return Object.keys(grid).length
      ? { kind: "sweep", spec: { base: spec, grid, ...(most !== null && { max_parallel: most }) } }
      : { kind: "train", spec };
  }
  /** The bar below: what stands against queueing, or `words`. @param {(Node | string)[]} [words] */
  function say(words) {
    const wrong = mistakes.all();
    if (words) refusal = { words: "", final: false };
    closed = Boolean(wrong.length || refusal.final || sending);
    submit.setAttribute("aria-disabled", String(closed));
    const runs = wrong.length ? 1 : gridSize(sweep.grid);
    submit.textContent = runs > 1 ? `Queue ${thousands(runs)} runs` : "Queue this run";
    estimate.classList.toggle("bad", Boolean(wrong.length || refusal.words));
    if (wrong.length) estimate.replaceChildren(...mistakeWords(wrong));
    else if (refusal.words) estimate.replaceChildren(refusal.words);
    else if (words) estimate.replaceChildren(...words);
  }
  /** @param {unknown} error */
  function refuse(error) {
    const status = error instanceof Problem ? error.status : 400;
    refusal = { words: refusalWords(error), final: status >= 400 && status < 500 && status !== 429 };
    say();
  }
  /** The content changed: what was said of the content before goes. */
  function changed() {
    say(["Estimating the time …"]);
    if (mistakes.all().length) ask.stop();
    else ask.start();
  }
  let wereWrong = 0;
  function onMistakes() {
    const before = wereWrong;
    wereWrong = mistakes.all().length;
    if (before && !wereWrong) changed();
    else if (wereWrong) {
      ask.stop();
      say();
    }
  }
  async function queue() {
    const [first] = mistakes.all();
    if (first) goTo(first);
    if (closed) return;
    const order = request();
    const content = JSON.stringify(order);
    sending = true;
    ask.stop();
    say(["Queueing …"]);
    try {
      const answer = await sendJson("POST", "/api/v1/jobs", order, { headers: { "Idempotency-Key": keyOf(order) } });
      document.dispatchEvent(new Event("axiscope:jobs"));
      toast(answer.axes ? `Sweep ${answer.id} queued: ${thousands(answer.total)} runs` : `Job ${answer.id} queued`);
      onQueued(answer);
    } catch (error) {
      sending = false;
      if (JSON.stringify(request()) === content) refuse(error);
      else changed();
    }
  }
  function turn() {
    const [first] = mistakes.all();
    if (first) return goTo(first); // what was typed would be lost
    toml = !toml;
    draw();
  }
  function draw() {
    const focused = document.activeElement?.id;
    flip.textContent = toml ? "Form" : "TOML";
    const parts = toml
      ? [tomlBox(request(), mistakes, take)]
      : formParts(schemas, spec, mistakes, { change, redraw }, { sweep, onSweep });
    body.replaceChildren(
      el("div", { class: "job-title" }, el("h2", {}, "New run"), el("span", { class: "grow" }), flip),
      ...parts,
      el("div", { class: "submit-bar" }, estimate, submit),
    );
    mistakes.prune(body);
    if (focused) document.getElementById(focused)?.focus();
    changed();
  }
  /**
   * @param {string[]} path
   * @param {any} value
   */
  function change(path, value) {
    const before = JSON.stringify(spec);
    spec = withSetting(spec, path, value);
    if (JSON.stringify(spec) !== before) changed();
  }
  /** @param {Record<string, any>} next */
  function redraw(next) {
    spec = next;
    draw();
  }
  /** @param {import("./sweep-grid.js").Grid} next */
  function onSweep(next) {
    sweep = next;
    changed();
  }
  /** @param {{spec: Record<string, any>, sweep: import("./sweep-grid.js").Grid}} next what the TOML says */
  function take(next) {
    ({ spec, sweep } = next);
    changed();
  }
  view.replaceChildren(body);
  draw();
  return ask.stop;
}
