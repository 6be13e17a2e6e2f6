/** A drawer at the right edge: a dialog that lies over the page, which cannot be reached behind it. */

import { el } from "../core/dom.js";

/**
 * Open a drawer; the close button, Escape and a click beside it close it, and the focus goes back to where it was.
 *
 * @param {string} title
 * @param {(Node | string)[]} head what stands beside the title
 * @param {(Node | string | false | null | undefined | "")[]} content
 * @returns {HTMLDialogElement}
 */
export function openDrawer(title, head, content) {
  const cameFrom = document.activeElement;
  const close = el(
    "button",
    { class: "btn square quiet", type: "button", "aria-label": "Close", on: { click: () => dialog.close() } },
    "×",
  );
  const dialog = el(
    "dialog",
    { class: "drawer", "aria-label": title },
    el("div", { class: "bar" }, el("h2", {}, title), head, el("span", { class: "grow" }), close),
    el("div", { class: "inside" }, content),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (cameFrom instanceof HTMLElement || cameFrom instanceof SVGElement) cameFrom.focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
