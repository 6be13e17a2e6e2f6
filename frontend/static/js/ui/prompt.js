/** A small question with one answer in words. */

import { el } from "../core/dom.js";

/**
 * @param {object} what
 * @param {string} what.title
 * @param {string} what.hint what is allowed, in words
 * @param {string} what.value to begin with
 * @param {(text: string) => boolean} what.fits whether an answer can be taken
 * @returns {Promise<string | null>} null when the person gave none
 */
export function ask({ title, hint, value, fits }) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let answer = null;
    const input = el("input", { type: "text", value, "aria-label": title, "aria-describedby": "ask-hint" });
    const cancel = el("button", { class: "btn", type: "button", on: { click: () => dialog.close() } }, "Cancel");
    const form = el(
      "form",
      { class: "inside form", method: "dialog" },
      el("h2", {}, title),
      input,
      el("p", { class: "soft", id: "ask-hint" }, hint),
      el("div", { class: "choices end" }, cancel, el("button", { class: "btn primary", type: "submit" }, "Use")),
    );
    const dialog = el("dialog", { "aria-label": title }, form);
    const check = () => input.setCustomValidity(fits(input.value.trim()) ? "" : hint);
    input.addEventListener("input", check);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = input.value.trim();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
    check();
  });
}
