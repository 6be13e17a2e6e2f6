/** A menu that drops from a button: arrows move, Enter chooses, Escape and a click outside close. */

import { el } from "../core/dom.js";

/** @typedef {{ label: string, hint?: string, run: () => void } | "line"} MenuItem */

/**
 * Make `button` open a menu.
 * @param {HTMLButtonElement} button
 * @param {() => MenuItem[]} items asked at each opening
 */
export function attachMenu(button, items) {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  /** Of the menu that is open. @type {(() => void) | null} */
  let close = null;
  button.addEventListener("click", () => {
    if (close) close();
    else close = open(button, items(), () => (close = null));
  });
}

/**
 * @param {HTMLButtonElement} button
 * @param {MenuItem[]} items
 * @param {() => void} onClose
 * @returns {() => void} close
 */
function open(button, items, onClose) {
  const entries = items.map((item) =>
    item === "line"
      ? el("hr", { role: "separator" })
      : el(
          "button",
          { type: "button", role: "menuitem", on: { click: () => choose(item.run) } },
          item.label,
          item.hint && el("small", { class: "soft" }, item.hint),
        ),
  );
  const menu = el(
    "div",
    { class: "menu", role: "menu", "aria-label": button.getAttribute("aria-label") || button.textContent || "Menu" },
    entries,
  );
  const host = button.closest("dialog") || document.body;
  host.append(menu);
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  const choices = /** @type {HTMLElement[]} */ (entries.filter((entry) => entry instanceof HTMLButtonElement));
  choices[0]?.focus();

  const outside = (/** @type {Event} */ event) => {
    const at = /** @type {Node} */ (event.target);
    if (!menu.contains(at) && !button.contains(at)) close(); // the button itself closes by its click
  };
  const keys = (/** @type {KeyboardEvent} */ event) => {
    const at = choices.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choices[(at + step + choices.length) % choices.length].focus();
    else if (event.key === "Home") choices[0].focus();
    else if (event.key === "End") choices[choices.length - 1].focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  };
  function close() {
    onClose();
    const held = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (held) button.focus();
  }
  /** @param {() => void} run */
  function choose(run) {
    close();
    run();
  }
  menu.addEventListener("keydown", keys);
  document.addEventListener("pointerdown", outside, true);
  return close;
}

/**
 * Under the button, inside the window.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - size.width - 8);
  const below = at.bottom + 4 + size.height <= innerHeight;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - size.height - 4)}px`;
}
