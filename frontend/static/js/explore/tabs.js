/** On narrow screens the three columns become tabs; the pictures stay on top. */

import { need } from "../core/dom.js";
import { createTabs } from "../ui/tabs.js";

/** @param {HTMLElement} root `.explore` */
export function mountColumns(root) {
  const tabs = createTabs(
    need("#column-tabs", root),
    [
      { name: "latents", label: "Latents", controls: "latents" },
      { name: "canvas", label: "Tools and input", controls: "stage" },
      { name: "evidence", label: "Evidence", controls: "evidence" },
    ],
    choose,
  );
  /** @param {string} name */
  function choose(name) {
    root.dataset.column = name;
    tabs.mark(name);
    window.dispatchEvent(new Event("resize"));
  }
  choose("latents");
}
