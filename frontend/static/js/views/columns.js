/** On narrow screens the three columns become tabs; the pictures stay on top. */

import { el, need } from "../dom.js";

/** @param {HTMLElement} root `.explore` */
export function mountColumns(root) {
  const names = { latents: "Latents", canvas: "Tools and input", evidence: "Evidence" };
  const buttons = Object.entries(names).map(([name, label]) =>
    el("button", { type: "button", role: "tab", dataset: { column: name }, on: { click: () => choose(name) } }, label),
  );
  need("#column-tabs", root).append(...buttons);
  /** @param {string} name */
  function choose(name) {
    root.dataset.column = name;
    for (const button of buttons) button.setAttribute("aria-selected", String(button.dataset.column === name));
    window.dispatchEvent(new Event("resize"));
  }
  choose("latents");
}
