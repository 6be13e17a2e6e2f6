/** Help: introduction, glossary, documentation, and keys with their meaning. */

import { isCopy } from "../core/api.js";
import { el } from "../core/dom.js";
import { openDialog } from "./dialog.js";
import { openGlossary } from "./glossary.js";
import { toastError } from "./toast.js";
import { reopen } from "./tour.js";

/** Pairs of key and meaning, by title. @type {Map<string, string[][]>} */
const groups = new Map([
  [
    "Every page",
    [
      ["Ctrl K", "search models, pages and commands"],
      ["?", "this help"],
    ],
  ],
]);

/**
 * @param {string} title
 * @param {string[][]} keys pairs of key and meaning
 */
export const addHelp = (title, keys) => groups.set(title, keys);

export function openHelp() {
  if (document.querySelector("dialog.help")) return;
  const pair = (/** @type {string[]} */ [key, meaning]) => [
    el(
      "dt",
      {},
      key.split(" / ").flatMap((one, n) => [n ? " / " : "", el("kbd", {}, one)]),
    ),
    el("dd", {}, meaning),
  ];
  const go = (/** @type {string} */ text, /** @type {() => void} */ run) =>
    el("button", { class: "btn", type: "button", on: { click: () => (dialog.close(), run()) } }, text);
  const inService = !isCopy(); // a static copy has neither
  const note = "A link (Share) carries model version, input, point, ranges and open panels.";
  const close = el("button", { class: "btn primary", type: "button", on: { click: () => dialog.close() } }, "Close");
  const dialog = openDialog(
    { label: "Help", className: "help" },
    el(
      "div",
      { class: "inside" },
      el("h2", {}, "Help"),
      el(
        "div",
        { class: "choices" },
        go("Glossary", () => void openGlossary().catch(toastError)),
        inService && [go("Introduction and tour", reopen), el("a", { class: "btn", href: "/docs" }, "Documentation")],
      ),
      [...groups].flatMap(([title, keys]) => [el("h3", {}, title), el("dl", { class: "keys" }, keys.flatMap(pair))]),
      el("p", { class: "soft" }, note),
      el("div", { class: "choices end" }, close),
    ),
  );
}
