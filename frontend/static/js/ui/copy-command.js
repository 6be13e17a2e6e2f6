/** A command to type in a terminal, with a button that copies it. */

import { el } from "../core/dom.js";
import { toast } from "./toast.js";

/**
 * A command line with a button that copies it.
 * @param {string} line
 */
export function command(line) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(line);
      toast("Command copied");
    } catch {
      prompt("Copy this command", line);
    }
  };
  return el(
    "div",
    { class: "command" },
    el("code", {}, line),
    el("button", { type: "button", class: "btn", "aria-label": `Copy: ${line}`, on: { click: copy } }, "Copy"),
  );
}
