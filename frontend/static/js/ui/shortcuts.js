/** Help: keys and their meaning, and where to read more. */

import { el } from "../core/dom.js";
import { openDialog } from "./dialog.js";

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
  const note =
    "A link (Share) carries model version, input, point, ranges and open panels. The service describes itself under ";
  const close = el("button", { class: "btn primary", type: "button", on: { click: () => dialog.close() } }, "Close");
  const dialog = openDialog(
    { label: "Help", className: "help" },
    el(
      "div",
      { class: "inside" },
      el("h2", {}, "Keys"),
      [...groups].flatMap(([title, keys]) => [el("h3", {}, title), el("dl", { class: "keys" }, keys.flatMap(pair))]),
      el("p", { class: "soft" }, note, el("a", { href: "/docs" }, "API"), "."),
      el("div", { class: "choices end" }, close),
    ),
  );
}
