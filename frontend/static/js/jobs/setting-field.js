/** One setting of the form: box, unit, meaning and source. */

import { el } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { fieldText, readField } from "./schema-form.js";

/**
 * @typedef {import("./schema-form.js").Field} Field
 * @typedef {HTMLInputElement | HTMLSelectElement} Box
 */

/**
 * @param {Field} field
 * @param {any} value undefined for the default
 * @param {import("./mistakes.js").Mistakes} mistakes gets what is typed and is no value; typed text outlives a new box
 * @param {(value: any) => void} onChange called with each value that is allowed, undefined for the default
 * @returns {HTMLElement}
 */
export function settingBox(field, value, mistakes, onChange) {
  const key = field.path.join(".");
  const id = `set-${field.path.join("-")}`;
  const wrong = el("span", { class: "wrong", id: `${id}-wrong` });
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
  const text = mistakes.get(key)?.text ?? fieldText(value);
  const about = { id, "aria-describedby": `${id}-wrong ${id}-meaning` };
  const { box, node } = BOXES[field.kind]?.(field, text, about) ?? entry(field, text, about);
  const typed = () => (box instanceof HTMLInputElement && box.type === "checkbox" ? String(box.checked) : box.value);

  /**
   * @param {string} now what stands in the box
   * @param {boolean} said whether a mistake is named at the box: not while a person is typing
   */
  function check(now, said) {
    const read = readField(field, now);
    const problem = "problem" in read ? read.problem : "";
    box.setAttribute("aria-invalid", String(Boolean(problem)));
    if (!problem || said) wrong.textContent = problem;
    mistakes.set(key, problem ? { label: spoken(field.name), message: problem, text: now, box } : null);
    return "problem" in read ? null : read;
  }
  const take = (/** @type {boolean} */ said) => {
    const read = check(typed(), said);
    if (read) onChange(field.kind === "boolean" && read.value === field.fallback ? undefined : read.value);
  };
  box.addEventListener("input", () => take(false));
  box.addEventListener("change", () => take(true));
  if (text) check(text, true);
  if (field.kind === "boolean")
    return el("div", { class: "setting" }, el("span", { class: "tick" }, node, name), wrong, meaning);
  return el("div", { class: "setting" }, name, node, wrong, meaning);
}

/** @type {Record<string, (field: Field, text: string, about: Record<string, string>) => {box: Box, node: HTMLElement}>} */
const BOXES = {
  boolean(field, text, about) {
    const box = el("input", { ...about, type: "checkbox", checked: (text || String(field.fallback)) === "true" });
    return { box, node: box };
  },
  enum(field, text, about) {
    const chosen = text || fieldText(field.fallback);
    const options = field.options.includes(chosen) || !chosen ? field.options : [...field.options, chosen];
    const box = el(
      "select",
      about,
      options.map((option) => el("option", { value: option }, spoken(option))),
    );
    box.value = chosen;
    return { box, node: box };
  },
};

/**
 * @param {Field} field
 * @param {string} text
 * @param {Record<string, string>} about
 */
function entry(field, text, about) {
  const number = field.kind === "number" || field.kind === "integer";
  const box = el("input", {
    ...about,
    type: "text",
    inputMode: number ? "decimal" : "text",
    value: text,
    placeholder:
      field.fallback === null || field.fallback === undefined
        ? field.optional
          ? "none"
          : ""
        : fieldText(field.fallback),
    autocomplete: "off",
  });
  return { box, node: box };
}

/** @param {string} text */
const sentence = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "");
