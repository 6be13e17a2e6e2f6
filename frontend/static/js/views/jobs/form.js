/** The form of a run or a sweep, made from the schemas, and the same as TOML. */

import { Problem, sendJson } from "../../api.js";
import { el } from "../../dom.js";
import { thousands } from "../../math/format.js";
import { gridSize, withSetting } from "../../math/settings.js";
import { fromToml, toToml } from "../../math/toml.js";
import { toast } from "../toast.js";
import { estimateWords } from "./estimate.js";
import { formParts, without } from "./form-parts.js";

/** @typedef {import("../../types-jobs").Schemas} Schemas */

const ESTIMATE_MILLISECONDS = 300;
const MEASURING_MILLISECONDS = 1500;
/** A short run that shows something within minutes on one core. */
export const SUGGESTED = { dataset: "dsprites", objective: "beta_vae", steps: 20000, learning_rate: 0.0005 };

/**
 * @param {HTMLElement} view
 * @param {Schemas} schemas
 * @param {{spec: Record<string, any>, grid?: Record<string, any[]>}} begin
 * @param {(answer: any) => void} onQueued
 */
export function showForm(view, schemas, begin, onQueued) {
  let spec = { ...begin.spec };
  /** @type {{grid: Record<string, any[]>, most: number | null}} */
  let sweep = { grid: begin.grid ?? {}, most: null };
  let toml = false;
  const body = el("div", { class: "run-form" });
  const estimate = el("span", { class: "estimate", role: "status" });
  const submit = el("button", { type: "button", class: "btn primary", on: { click: () => queue() } }, "Queue");
  const flip = el("button", { type: "button", class: "btn", on: { click: () => ((toml = !toml), draw()) } }, "TOML");

  const request = () =>
    Object.keys(sweep.grid).length
      ? { kind: "sweep", spec: { base: spec, grid: sweep.grid, ...(sweep.most && { max_parallel: sweep.most }) } }
      : { kind: "train", spec };
  const change = (/** @type {string[]} */ path, /** @type {any} */ value) => {
    spec = withSetting(spec, path, value);
    ask();
  };
  let timer = 0;
  let asked = 0;
  function ask(pause = ESTIMATE_MILLISECONDS) {
    clearTimeout(timer);
    const runs = gridSize(sweep.grid);
    submit.textContent = runs > 1 ? `Queue ${thousands(runs)} runs` : "Queue this run";
    timer = window.setTimeout(async () => {
      asked += 1;
      const mine = asked;
      try {
        const answer = await sendJson("POST", "/api/v1/jobs/estimate", request());
        if (mine !== asked || !body.isConnected) return;
        tell(estimateWords(answer), false);
        if (answer.measuring) ask(MEASURING_MILLISECONDS);
      } catch (error) {
        if (mine === asked) tell([error instanceof Error ? error.message : String(error)], true);
      }
    }, pause);
  }
  /**
   * @param {(Node | string)[]} words
   * @param {boolean} bad
   */
  function tell(words, bad) {
    estimate.classList.toggle("bad", bad);
    estimate.replaceChildren(...words);
    submit.disabled = bad;
  }
  async function queue() {
    submit.disabled = true;
    try {
      const answer = await sendJson("POST", "/api/v1/jobs", request(), {
        headers: { "Idempotency-Key": crypto.randomUUID() },
      });
      document.dispatchEvent(new Event("axiscope:jobs"));
      toast(answer.axes ? `Sweep ${answer.id} queued: ${thousands(answer.total)} runs` : `Job ${answer.id} queued`);
      onQueued(answer);
    } catch (error) {
      tell([error instanceof Problem ? error.message : String(error)], true);
    }
    submit.disabled = false;
  }
  function draw() {
    flip.textContent = toml ? "Form" : "TOML";
    const parts = toml
      ? [tomlBox(request(), take)]
      : formParts(schemas, spec, change, redraw, { sweep, onSweep: (next) => ((sweep = next), ask()) });
    body.replaceChildren(
      el("div", { class: "job-title" }, el("h2", {}, "New run"), el("span", { class: "grow" }), flip),
      ...parts,
      el("div", { class: "submit-bar" }, estimate, submit),
    );
    ask();
  }
  /** @param {Record<string, any>} next */
  function redraw(next) {
    spec = next;
    draw();
  }
  /** @param {any} document what the TOML says */
  function take(document) {
    const { grid: axes, max_parallel: most, ...base } = document;
    sweep = { grid: axes ?? {}, most: most ?? null };
    spec = base;
    ask();
  }
  view.replaceChildren(body);
  draw();
}

/**
 * @param {{kind: string, spec: any}} request
 * @param {(document: any) => void} take
 */
function tomlBox({ kind, spec }, take) {
  const wrong = el("p", { class: "wrong", role: "alert" });
  const box = el("textarea", {
    value: toToml(kind === "sweep" ? { ...spec.base, ...without(spec, "base") } : spec),
    spellcheck: false,
    "aria-label": "The run as TOML",
    on: {
      input: () => {
        try {
          take(fromToml(box.value));
          wrong.textContent = "";
        } catch (error) {
          wrong.textContent = error instanceof Error ? error.message : String(error);
        }
      },
    },
  });
  return el(
    "section",
    { class: "card", "aria-label": "TOML" },
    box,
    wrong,
    el(
      "p",
      { class: "soft" },
      "The same run: edit here or in the form. What is left out takes its default; a table [grid] makes a sweep, max_parallel limits how many of its runs go at a time.",
    ),
  );
}
