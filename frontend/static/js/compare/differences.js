/** Differences of the configurations; equal settings are shown on request. */

import { el } from "../core/dom.js";
import { labelOf, short } from "../core/format.js";
import { compareRow } from "./layout.js";

/** @param {import("./comparison.js").Comparison} comparison */
export function differences(comparison) {
  const found = difference(
    comparison.columns.map(({ model }) => ({
      objective: model.objective,
      ...model.objective_settings,
      architecture: model.architecture,
      latents: model.latents,
      likelihood: model.likelihood,
      dataset: model.dataset,
      ...model.dataset_settings,
      ...model.training,
    })),
  );
  const cells = comparison.columns.map(() => el("div", {}));
  const box = el("input", { type: "checkbox", checked: true, on: { change: () => draw() } });
  const row = compareRow(
    "Configuration",
    found.differing.length ? "" : "These models were trained with the same settings.",
    cells,
    [el("label", { class: "field" }, box, "Differences only")],
  );
  function draw() {
    cells.forEach((cell, at) => {
      const shown = found.differing.map(({ key, values }) => ({ key, value: values[at] }));
      if (!box.checked) shown.push(...found.same);
      cell.replaceChildren(
        shown.length
          ? el(
              "dl",
              { class: "settings" },
              shown.flatMap(({ key, value }) => [
                el("dt", {}, labelOf(key)),
                el("dd", { class: value === undefined || value === null ? "none" : "" }, text(value)),
              ]),
            )
          : el("p", { class: "soft" }, "no difference"),
      );
    });
  }
  draw();
  return row;
}

/** @param {unknown} value */
function text(value) {
  if (value === undefined || value === null) return "–";
  if (typeof value === "number") return short(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * @param {unknown} value
 * @param {string} path
 * @param {Map<string, unknown>} into
 */
function flatten(value, path, into) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, into);
  } else into.set(path, value);
}

/**
 * @param {object[]} configurations one plain object per model, nested at will
 * @returns {{same: {key: string, value: unknown}[], differing: {key: string, values: unknown[]}[]}}
 *   values: one per configuration, undefined where it has no such key
 */
export function difference(configurations) {
  const flat = configurations.map((configuration) => {
    const map = new Map();
    flatten(configuration, "", map);
    return map;
  });
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  /** @type {{key: string, value: unknown}[]} */
  const same = [];
  /** @type {{key: string, values: unknown[]}[]} */
  const differing = [];
  for (const key of keys) {
    const values = flat.map((map) => map.get(key));
    const texts = new Set(values.map((value) => JSON.stringify(value ?? null)));
    if (texts.size === 1) same.push({ key, value: values[0] });
    else differing.push({ key, values });
  }
  return { same, differing };
}
