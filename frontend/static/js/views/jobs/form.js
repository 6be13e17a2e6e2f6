/** The form of a run or a sweep, made from the schemas, and the same as TOML. */

import { Problem, sendJson } from "../../api.js";
import { el } from "../../dom.js";
import { thousands } from "../../math/format.js";
import { fieldsOf, gridSize, settingAt, withSetting } from "../../math/settings.js";
import { fromToml, toToml } from "../../math/toml.js";
import { toast } from "../toast.js";
import { estimateWords } from "./estimate.js";
import { settingBox } from "./setting.js";
import { varyBox } from "./vary.js";

/** @typedef {import("../../types-jobs").Schemas} Schemas */

/** Settings that everyone looks at; the others fold away. */
const FIRST = ["latents", "steps", "batch_size", "learning_rate", "seed", "likelihood"];
const CHOSEN = ["dataset", "dataset_settings", "objective", "objective_settings", "architecture"];
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
 * @param {Schemas} schemas
 * @param {Record<string, any>} spec
 * @param {(path: string[], value: any) => void} change
 * @param {(spec: Record<string, any>) => void} redraw
 * @param {{sweep: Parameters<typeof varyBox>[1], onSweep: Parameters<typeof varyBox>[2]}} varied
 */
function formParts(schemas, spec, change, redraw, { sweep, onSweep }) {
  const run = fieldsOf(schemas.run).filter(({ name }) => !CHOSEN.includes(name));
  const first = FIRST.flatMap((name) => run.find((field) => field.name === name) ?? []);
  const rest = run.filter(({ name }) => !FIRST.includes(name));
  const own = [
    ...fieldsOf(schemas.objectives[spec.objective]?.schema, ["objective_settings"]),
    ...fieldsOf(schemas.datasets[spec.dataset]?.schema, ["dataset_settings"]),
  ];
  const boxes = (/** @type {typeof run} */ fields) =>
    el(
      "div",
      { class: "settings-grid" },
      fields.map((field) => settingBox(field, settingAt(spec, field.path), (value) => change(field.path, value))),
    );
  const names = [
    "seed",
    ...[...own, ...first, ...rest].map(({ path }) => path.join(".")),
    "objective",
    "architecture",
    "dataset",
  ];
  const part = (
    /** @type {"dataset" | "objective" | "architecture"} */ kind,
    /** @type {string} */ title,
    /** @type {Record<string, import("../../types-jobs").Plugin>} */ plugins,
  ) =>
    el(
      "section",
      { class: "card", "aria-label": title },
      el("h3", {}, title),
      pluginChoice(title, plugins, spec[kind] ?? schemas.run.properties[kind]?.default ?? "", (name) =>
        redraw({ ...without(spec, `${kind}_settings`), [kind]: name }),
      ),
      kind !== "architecture" &&
        own.some(({ path }) => path[0] === `${kind}_settings`) &&
        boxes(own.filter(({ path }) => path[0] === `${kind}_settings`)),
    );
  return [
    part("dataset", "Data set", schemas.datasets),
    part("objective", "Objective", schemas.objectives),
    part("architecture", "Architecture", schemas.architectures),
    el(
      "section",
      { class: "card", "aria-label": "Training" },
      el("h3", {}, "Training"),
      boxes(first),
      el("details", {}, el("summary", {}, `${rest.length} more settings`), boxes(rest)),
    ),
    el(
      "section",
      { class: "card", "aria-label": "Sweep" },
      el("h3", {}, "Sweep"),
      varyBox([...new Set(names)], sweep, onSweep),
    ),
  ];
}

/**
 * @param {Record<string, any>} spec
 * @param {string} key
 */
function without(spec, key) {
  const { [key]: _, ...rest } = spec;
  return rest;
}

/**
 * @param {string} title
 * @param {Record<string, import("../../types-jobs").Plugin>} plugins
 * @param {string} chosen
 * @param {(name: string) => void} onChange
 */
function pluginChoice(title, plugins, chosen, onChange) {
  const select = el(
    "select",
    { "aria-label": title, on: { change: () => onChange(select.value) } },
    Object.entries(plugins).map(([name, plugin]) =>
      el("option", { value: name, selected: name === chosen }, `${plugin.title} (${name})`),
    ),
  );
  return el("p", {}, select, el("span", { class: "cite" }, ` ${plugins[chosen]?.source ?? ""}`));
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
