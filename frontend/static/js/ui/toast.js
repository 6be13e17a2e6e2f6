/** Short messages at the corner, read by screen readers, and copying to the clipboard with such a message. */

import { messageOf } from "../core/api.js";
import { el } from "../core/dom.js";

const MILLISECONDS = { info: 3000, bad: 8000 };

/**
 * @param {string} message
 * @param {"info" | "bad"} [kind]
 */
export function toast(message, kind = "info") {
  const region = document.getElementById("toasts") ?? el("div", { id: "toasts", class: "toasts", role: "status" });
  // what is not in the topmost dialog is neither visible nor read
  const host = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (region.parentNode !== host) host.append(region);
  for (const old of region.children) if (old.textContent === message) old.remove(); // one message, shown once
  const node = el("div", { class: kind === "bad" ? "toast bad" : "toast" }, message);
  region.append(node);
  setTimeout(() => node.remove(), MILLISECONDS[kind]);
}

/**
 * Show the message of an error, unless it is an aborted request.
 * @param {unknown} error
 */
export function toastError(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  toast(messageOf(error), "bad");
}

/**
 * Copy a text, or show it where the browser does not let a page copy.
 * @param {string} text
 * @param {string} [done] message
 */
export async function copyText(text, done = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast(text);
  }
}
