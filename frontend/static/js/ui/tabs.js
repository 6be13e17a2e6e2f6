/** Tabs as ARIA describes them: one stop of the Tab key; arrows, Home and End choose. */

import { el } from "../core/dom.js";

/**
 * Fill `bar` with tabs. A tab that is chosen by arrow or click goes to `onChoose`, which calls `mark`.
 *
 * @param {HTMLElement} bar becomes the tab list; its accessible name must be there
 * @param {{name: string, label: string, controls: string}[]} tabs `controls`: id of the panel
 * @param {(name: string) => void} onChoose
 * @returns {{mark: (name: string) => HTMLButtonElement}} mark the chosen tab; gives it back
 */
export function createTabs(bar, tabs, onChoose) {
  const buttons = tabs.map(({ name, label, controls }) =>
    el(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": controls,
        dataset: { tab: name },
        on: { click: () => onChoose(name), keydown },
      },
      label,
    ),
  );
  bar.setAttribute("role", "tablist");
  bar.append(...buttons);
  /** @param {KeyboardEvent} event */
  function keydown(event) {
    const shown = buttons.filter(({ hidden }) => !hidden);
    const at = shown.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const last = shown.length - 1;
    const targets = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at > 0 ? at - 1 : last, Home: 0, End: last };
    const next = /** @type {Record<string, number>} */ (targets)[event.key];
    if (at < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    shown[next].focus();
    onChoose(shown[next].dataset.tab ?? "");
  }
  return {
    mark(name) {
      for (const button of buttons) {
        const chosen = button.dataset.tab === name;
        button.setAttribute("aria-selected", String(chosen));
        button.tabIndex = chosen ? 0 : -1;
      }
      return /** @type {HTMLButtonElement} */ (buttons.find(({ dataset }) => dataset.tab === name));
    },
  };
}
