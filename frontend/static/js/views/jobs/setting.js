/** One setting of the form: box, unit, meaning and source. */

import { el } from "../../dom.js";
import { spoken } from "../../math/format.js";
import { readField } from "../../math/settings.js";

/**
 * @typedef {import("../../math/settings.js").Field} Field
 * @param {Field} field
 * @param {any} value undefined for the default
 * @param {(value: any) => void} onChange
 * @returns {HTMLElement}
 */
export function settingBox(field, value, onChange) {
  const wrong = el("span", { class: "wrong", role: "alert" });
  const id = `set-${field.path.join("-")}`;
  const meaning = el(
    "span",
    { class: "meaning", id: `${id}-meaning` },
    sentence(field.meaning),
    field.source ? ` ${field.source}.` : "",
  );
  const name = el(
    "label",
    { class: "name", for: id },
    spoken(field.name),
    field.unit && field.unit !== field.name && el("small", {}, ` ${field.unit}`),
  );
  const take = (/** @type {string} */ text, /** @type {HTMLElement} */ box) => {
    const read = readField(field, text);
    const problem = "problem" in read ? read.problem : "";
    wrong.textContent = problem;
    box.setAttribute("aria-invalid", String(Boolean(problem)));
    if (!("problem" in read)) onChange(read.value);
  };
  if (field.kind === "boolean") {
    const box = el("input", {
      id,
      type: "checkbox",
      checked: value ?? field.fallback ?? false,
      "aria-describedby": `${id}-meaning`,
      on: { change: () => onChange(box.checked === (field.fallback ?? false) ? undefined : box.checked) },
    });
    return el("div", { class: "setting" }, el("span", { class: "tick" }, box, name), meaning);
  }
  const box = field.kind === "enum" ? choice(field, value, id, take) : entry(field, value, id, take);
  return el("div", { class: "setting" }, name, box, wrong, meaning);
}

/**
 * @param {Field} field
 * @param {any} value
 * @param {string} id
 * @param {(text: string, box: HTMLElement) => void} take
 */
function choice(field, value, id, take) {
  const box = el(
    "select",
    { id, "aria-describedby": `${id}-meaning`, on: { change: () => take(box.value, box) } },
    field.options.map((option) =>
      el("option", { value: option, selected: option === String(value ?? field.fallback) }, spoken(option)),
    ),
  );
  return box;
}

/**
 * @param {Field} field
 * @param {any} value
 * @param {string} id
 * @param {(text: string, box: HTMLElement) => void} take
 */
function entry(field, value, id, take) {
  const words = (/** @type {any} */ one) =>
    one === undefined || one === null ? "" : Array.isArray(one) ? one.join(", ") : String(one);
  const number = field.kind === "number" || field.kind === "integer";
  const box = el("input", {
    id,
    type: "text",
    inputMode: number ? "decimal" : "text",
    value: words(value),
    placeholder: words(field.fallback) || (field.optional ? "none" : ""),
    autocomplete: "off",
    "aria-describedby": `${id}-meaning`,
    on: { change: () => take(box.value, box) },
  });
  return box;
}

/** @param {string} text */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");
