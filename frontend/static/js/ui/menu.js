/** A menu that drops from a button, as a popover: the platform closes it by Escape and by a click outside. */

import { el } from "../core/dom.js";

/** @typedef {{ label: string, hint?: string, run: () => void } | "line"} MenuItem */

/**
 * Make `button` open and close a menu, in which arrows, Home and End move the focus.
 * @param {HTMLButtonElement} button
 * @param {() => MenuItem[]} items called at each opening
 */
export function attachMenu(button, items) {
  const menu = el("div", { class: "menu", role: "menu", popover: "auto", on: { beforetoggle, toggle, keydown } });
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.popoverTargetElement = menu;
  button.addEventListener("click", () => menu.isConnected || button.after(menu)); // before the platform opens it
  const entries = () => /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[role=menuitem]")]);

  /** @param {Event} event */
  function beforetoggle(event) {
    if (/** @type {ToggleEvent} */ (event).newState === "closed") return;
    menu.setAttribute("aria-label", button.getAttribute("aria-label") || button.textContent || "Menu");
    menu.replaceChildren(
      ...items().map((item) =>
        item === "line"
          ? el("hr", { role: "separator" })
          : el(
              "button",
              { type: "button", role: "menuitem", on: { click: () => (menu.hidePopover(), item.run()) } },
              item.label,
              item.hint && el("small", { class: "soft" }, item.hint),
            ),
      ),
    );
  }
  /** @param {Event} event */
  function toggle(event) {
    const isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
    button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return menu.remove();
    place(menu, button);
    entries()[0]?.focus();
  }
  /** @param {Event} event */
  function keydown(event) {
    const { key } = /** @type {KeyboardEvent} */ (event);
    const all = entries();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    if (next !== undefined) all.at(next % all.length)?.focus();
    else if (key === "Tab") menu.hidePopover();
    else return;
    event.stopPropagation();
    if (key !== "Tab") event.preventDefault();
  }
}

/**
 * Put the menu under the button, inside the window.
 * @param {HTMLElement} menu
 * @param {HTMLElement} button
 */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const isBelow = at.bottom + 4 + height <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  menu.style.top = `${isBelow ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}
