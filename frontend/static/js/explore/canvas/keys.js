/** Keys of the whole page, where no field is being typed in. */

import { randomImage } from "./factors.js";

/**
 * @param {KeyboardEvent} event
 * @param {import("../session.js").Session} session
 */
export function onPageKey(event, session) {
  const at = /** @type {HTMLElement} */ (event.target);
  const typing =
    at.matches?.("input:not([type=range]):not([type=checkbox]), textarea, select") ||
    document.querySelector("dialog[open]:not(.full-screen)");
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z" && !typing) {
    event.preventDefault();
    if (event.shiftKey) session.redo();
    else session.undo();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "n") session.randomPoint();
  else if (key === "i") randomImage(session);
  else return;
  event.preventDefault();
}
