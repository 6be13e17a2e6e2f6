/** Dialog that names a latent; it suggests the best matching factor. */

import { el } from "../../core/dom.js";
import { labelOf } from "../../core/format.js";
import { openDialog } from "../../ui/dialog.js";

/**
 * @param {import("../session.js").Session} session
 * @param {number} index
 */
export function renameLatent(session, index) {
  const { store, model } = session;
  const suggestion = model.statistics[index].best_factor;
  const input = el("input", {
    type: "text",
    maxLength: 40,
    value: store.get().names[index] ?? "",
    placeholder: suggestion ? labelOf(suggestion) : "",
    "aria-label": `Name of z${index}`,
  });
  const save = (/** @type {string} */ given) => {
    const names = { ...store.get().names };
    if (given.trim()) names[index] = given.trim();
    else delete names[index];
    store.set({ names });
    dialog.close();
  };
  const dialog = openDialog(
    { label: `Name z${index}` },
    el(
      "form",
      {
        class: "inside form",
        method: "dialog",
        on: {
          submit: (/** @type {Event} */ event) => {
            event.preventDefault();
            save(input.value || (suggestion ? labelOf(suggestion) : ""));
          },
        },
      },
      el("h2", {}, `Name z${index}`),
      input,
      el(
        "div",
        { class: "choices" },
        model.factor_names.map((name) =>
          el("button", { class: "btn", type: "button", on: { click: () => save(labelOf(name)) } }, labelOf(name)),
        ),
      ),
      el(
        "div",
        { class: "choices end" },
        el("button", { class: "btn", type: "button", on: { click: () => save("") } }, "No name"),
        el("button", { class: "btn primary", type: "submit" }, "Save"),
      ),
    ),
  );
  input.select();
}
