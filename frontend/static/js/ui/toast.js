/** Short messages at the corner, read aloud by screen readers. */

import { el, need } from "../core/dom.js";

/**
 * @param {string} message
 * @param {"info" | "bad"} [kind]
 */
export function toast(message, kind = "info") {
  const place = need("#toasts");
  for (const old of place.children) if (old.textContent === message) old.remove(); // told again: once is enough
  const node = el("div", { class: kind === "bad" ? "toast bad" : "toast" }, message);
  place.append(node);
  setTimeout(() => node.remove(), kind === "bad" ? 8000 : 3000);
}

/**
 * Tell of an error in words; aborted requests are silent.
 * @param {unknown} error
 */
export function toastError(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  toast(error instanceof Error ? error.message : String(error), "bad");
}
