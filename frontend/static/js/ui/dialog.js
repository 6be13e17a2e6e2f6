/** Dialogs of the platform. It keeps what is behind them out of reach, closes them by Escape and gives the focus back. */

import { el } from "../core/dom.js";

/** @typedef {Node | string | false | null | undefined} Content */

/**
 * Open a modal dialog; a click beside it closes it, and a closed one is removed.
 * @param {{label: string, className?: string, onClose?: () => void}} options `label`: accessible name
 * @param {...(Content | Content[])} content
 */
export function openDialog({ label, className, onClose }, ...content) {
  const dialog = el("dialog", { class: className, "aria-label": label }, ...content);
  dialog.addEventListener("close", () => {
    document.body.append(...dialog.querySelectorAll("#toasts")); // a message outlives the dialog (ui/toast.js)
    dialog.remove();
    onClose?.();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Open a drawer at the right edge.
 * @param {string} title
 * @param {Content[]} head beside the title
 * @param {Content[]} content
 */
export function openDrawer(title, head, content) {
  const close = el(
    "button",
    { class: "btn square quiet", type: "button", "aria-label": "Close", on: { click: () => dialog.close() } },
    "×",
  );
  const dialog = openDialog(
    { label: title, className: "drawer" },
    el("div", { class: "bar" }, el("h2", {}, title), head, el("span", { class: "grow" }), close),
    el("div", { class: "inside" }, content),
  );
  return dialog;
}

/**
 * Ask for one text.
 * @param {{title: string, hint: string, value: string, fits: (text: string) => boolean}} question `hint`: what is
 *   allowed; `fits`: whether a text is
 * @returns {Promise<string | null>} null when the dialog was cancelled
 */
export function ask({ title, hint, value, fits }) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let answer = null;
    const input = el("input", { type: "text", value, "aria-label": title, "aria-describedby": "ask-hint" });
    const cancel = el("button", { class: "btn", type: "button", on: { click: () => dialog.close() } }, "Cancel");
    const form = el(
      "form",
      { class: "inside form", method: "dialog", on: { submit: () => (answer = input.value.trim()) } },
      el("h2", {}, title),
      input,
      el("p", { class: "soft", id: "ask-hint" }, hint),
      el("div", { class: "choices end" }, cancel, el("button", { class: "btn primary", type: "submit" }, "Use")),
    );
    const check = () => input.setCustomValidity(fits(input.value.trim()) ? "" : hint);
    input.addEventListener("input", check);
    const dialog = openDialog({ label: title, onClose: () => resolve(answer) }, form);
    input.select();
    check();
  });
}

/**
 * Return a function that shows `node` over the whole window, or back in its place. The dialog stands in the place of
 * the node meanwhile, so that a page that removes the node removes the dialog.
 * @param {HTMLElement} node
 * @param {(isFull: boolean) => void} onChange called after each change
 */
export function fullScreen(node, onChange) {
  /** @type {HTMLDialogElement | null} */
  let dialog = null;
  return () => {
    if (dialog?.isConnected) return dialog.close();
    const opened = el("dialog", { class: "full-screen", "aria-label": node.getAttribute("aria-label") });
    dialog = opened;
    opened.addEventListener("close", () => {
      document.body.append(...opened.querySelectorAll("#toasts"));
      opened.replaceWith(node);
      onChange(false);
    });
    node.replaceWith(opened);
    opened.append(node);
    opened.showModal();
    onChange(true);
  };
}
