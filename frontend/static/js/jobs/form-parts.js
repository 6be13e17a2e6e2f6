/** The parts of the form: data set, objective, architecture, training and what a sweep varies, from the schemas. */

import { el } from "../core/dom.js";
import { fieldsOf, settingAt } from "./schema-form.js";
import { settingBox } from "./setting-field.js";
import { varyBox } from "./sweep-grid.js";

/**
 * @typedef {import("../types").Schemas} Schemas
 * @typedef {import("./sweep-grid.js").Grid} Grid
 * @typedef {import("./schema-form.js").Field} Field
 */

/** Settings that everyone looks at; the others fold away. */
const FIRST = ["latents", "steps", "batch_size", "learning_rate", "seed", "likelihood"];
const CHOSEN = ["dataset", "dataset_settings", "objective", "objective_settings", "architecture"];

/**
 * @param {Schemas} schemas
 * @param {Record<string, any>} spec
 * @param {import("./mistakes.js").Mistakes} mistakes
 * @param {object} on
 * @param {(path: string[], value: any) => void} on.change
 * @param {(spec: Record<string, any>) => void} on.redraw
 * @param {{sweep: Grid, onSweep: (sweep: Grid) => void}} varied
 */
export function formParts(schemas, spec, mistakes, { change, redraw }, { sweep, onSweep }) {
  const run = fieldsOf(schemas.run).filter(({ name }) => !CHOSEN.includes(name));
  const first = FIRST.flatMap((name) => run.find((field) => field.name === name) ?? []);
  const rest = run.filter(({ name }) => !FIRST.includes(name));
  const own = [
    ...fieldsOf(schemas.objectives[spec.objective]?.schema, ["objective_settings"]),
    ...fieldsOf(schemas.datasets[spec.dataset]?.schema, ["dataset_settings"]),
  ];
  const remark = el("p", { class: "notice", role: "status" });
  const remarkOn = (/** @type {any} */ likelihood) => {
    const words = likelihoodRemark(spec.objective, schemas.objectives[spec.objective]?.likelihood, likelihood);
    remark.textContent = words;
    remark.hidden = !words;
  };
  remarkOn(spec.likelihood);
  const boxes = (/** @type {typeof run} */ fields) =>
    el(
      "div",
      { class: "settings-grid" },
      fields.map((field) =>
        settingBox(field, settingAt(spec, field.path), mistakes, (value) => {
          change(field.path, value);
          if (field.name === "likelihood") remarkOn(value);
        }),
      ),
    );
  const seed = first.filter(({ name }) => name === "seed");
  const axes = [...seed, ...own, ...first, ...rest, ...pluginFields(schemas)];
  const part = (
    /** @type {"dataset" | "objective" | "architecture"} */ kind,
    /** @type {string} */ title,
    /** @type {Record<string, import("../types").Plugin>} */ plugins,
  ) =>
    el(
      "section",
      { class: "card", "aria-label": title },
      el("h3", {}, title),
      pluginChoice(kind, title, plugins, spec[kind] ?? schemas.run.properties[kind]?.default ?? "", mistakes, (name) =>
        redraw({ ...without(spec, `${kind}_settings`), [kind]: name }),
      ),
      kind !== "architecture" &&
        own.some(({ path }) => path[0] === `${kind}_settings`) &&
        boxes(own.filter(({ path }) => path[0] === `${kind}_settings`)),
    );
  const others = unlisted(spec, [...CHOSEN, ...run.map(({ name }) => name)]);
  return [
    others.length > 0 &&
      el("p", { class: "notice" }, "Also in this run, to be changed in the TOML: ", el("code", {}, others.join(", "))),
    part("dataset", "Data set", schemas.datasets),
    part("objective", "Objective", schemas.objectives),
    part("architecture", "Architecture", schemas.architectures),
    el(
      "section",
      { class: "card", "aria-label": "Training" },
      el("h3", {}, "Training"),
      boxes(first),
      remark,
      el("details", {}, el("summary", {}, `${rest.length} more settings`), boxes(rest)),
    ),
    el(
      "section",
      { class: "card", "aria-label": "Sweep" },
      el("h3", {}, "Sweep"),
      varyBox(new Map(axes.map((field) => [field.path.join("."), field])), sweep, mistakes, onSweep),
    ),
  ].filter((part) => part instanceof HTMLElement);
}

/**
 * @param {Record<string, any>} spec
 * @param {string} key
 */
export function without(spec, key) {
  const { [key]: _, ...rest } = spec;
  return rest;
}

/**
 * What the run has and the form has no box for, so that nothing is queued that is not on the screen.
 * @param {Record<string, any>} spec
 * @param {string[]} boxes
 */
const unlisted = (spec, boxes) =>
  Object.entries(spec)
    .filter(([name, value]) => !boxes.includes(name) && value !== null)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);

/**
 * The plugins themselves as settings that may vary.
 * @param {Schemas} schemas
 * @returns {Field[]}
 */
function pluginFields({ objectives, architectures, datasets }) {
  const kinds = { objective: objectives, architecture: architectures, dataset: datasets };
  const same = { kind: /** @type {const} */ ("enum"), fallback: null, optional: false, bounds: {} };
  return Object.entries(kinds).map(([name, plugins]) => ({
    ...same,
    path: [name],
    name,
    options: Object.keys(plugins),
    meaning: "",
    unit: "",
    source: "",
  }));
}

/**
 * @param {string} kind
 * @param {string} title
 * @param {Record<string, import("../types").Plugin>} plugins
 * @param {string} chosen
 * @param {import("./mistakes.js").Mistakes} mistakes
 * @param {(name: string) => void} onChange
 */
function pluginChoice(kind, title, plugins, chosen, mistakes, onChange) {
  const known = chosen in plugins;
  const select = el(
    "select",
    {
      id: `choose-${kind}`,
      "aria-label": title,
      "aria-invalid": String(!known),
      on: { change: () => onChange(select.value) },
    },
    !known && el("option", { value: chosen }, chosen || "choose one"),
    Object.entries(plugins).map(([name, plugin]) => el("option", { value: name }, `${plugin.title} (${name})`)),
  );
  select.value = chosen;
  const message = `there is no ${title.toLowerCase()} ${chosen}: choose another`;
  mistakes.set(kind, known ? null : { label: title, message, text: chosen, box: select });
  return el(
    "p",
    { class: "plugin-choice" },
    select,
    el("span", { class: known ? "cite" : "wrong" }, known ? (plugins[chosen].source ?? "") : message),
  );
}

/**
 * What to say where an objective was made for another likelihood than the one chosen; empty where there is nothing.
 * @param {string} objective
 * @param {string | null | undefined} madeFor
 * @param {string | null | undefined} chosen null or undefined: the one it was made for
 */
export function likelihoodRemark(objective, madeFor, chosen) {
  if (!madeFor || !chosen || chosen === madeFor) return "";
  return `${objective} was made for the likelihood ${madeFor}: with ${chosen} its published figures do not carry over.`;
}
