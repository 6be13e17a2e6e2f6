/** Help: what the keys do, and where to read more. */

import { el } from "../core/dom.js";

/** @type {[string, string[][]][]} */
const groups = [
  [
    "Every page",
    [
      ["Ctrl K", "search models, pages and commands"],
      ["?", "this help"],
    ],
  ],
];

/**
 * @param {string} title
 * @param {string[][]} keys pairs of key and meaning
 */
export const addHelp = (title, keys) => groups.push([title, keys]);

export function openHelp() {
  if (document.querySelector("dialog.help")) return;
  const close = el("button", { class: "btn primary", type: "button", on: { click: () => dialog.close() } }, "Close");
  const dialog = el(
    "dialog",
    { class: "help", "aria-label": "Help" },
    el(
      "div",
      { class: "inside" },
      el("h2", {}, "Keys"),
      groups
        .map(([title, keys]) => [
          el("h3", {}, title),
          el(
            "dl",
            { class: "keys" },
            keys.flatMap(([key, meaning]) => [
              el(
                "dt",
                {},
                key.split(" / ").flatMap((k, n) => [n ? " / " : "", el("kbd", {}, k)]),
              ),
              el("dd", {}, meaning),
            ]),
          ),
        ])
        .flat(),
      el(
        "p",
        { class: "soft" },
        "A link (Share) carries model version, input, point, ranges and open panels. The service describes itself under ",
        el("a", { href: "/docs" }, "API"),
        ".",
      ),
      el("div", { class: "choices end" }, close),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
