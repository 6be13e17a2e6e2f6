/** The parts of the form: data set, objective, architecture, training and what a sweep varies, from the schemas. */

import { el } from "../../dom.js";
import { fieldsOf, settingAt } from "../../math/settings.js";
import { settingBox } from "./setting.js";
import { varyBox } from "./vary.js";

/** @typedef {import("../../types-jobs").Schemas} Schemas */

/** Settings that everyone looks at; the others fold away. */
const FIRST = ["latents", "steps", "batch_size", "learning_rate", "seed", "likelihood"];
const CHOSEN = ["dataset", "dataset_settings", "objective", "objective_settings", "architecture"];

/**
 * @param {Schemas} schemas
 * @param {Record<string, any>} spec
 * @param {(path: string[], value: any) => void} change
 * @param {(spec: Record<string, any>) => void} redraw
 * @param {{sweep: Parameters<typeof varyBox>[1], onSweep: Parameters<typeof varyBox>[2]}} varied
 */
export function formParts(schemas, spec, change, redraw, { sweep, onSweep }) {
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
export function without(spec, key) {
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
