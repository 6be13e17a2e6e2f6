/** The bar at the foot of the gallery that gathers models to compare. */

import { el } from "../core/dom.js";

export const MOST = 6;

/**
 * @param {HTMLElement} tray
 * @param {{id: string, name: string}[]} chosen
 * @param {{onDrop: (id: string) => void, onClear: () => void}} actions
 */
export function drawTray(tray, chosen, { onDrop, onClear }) {
  tray.hidden = chosen.length === 0;
  const ready = chosen.length >= 2;
  tray.replaceChildren(
    el("span", {}, el("b", {}, `${chosen.length} of ${MOST}`), " chosen"),
    ...chosen.map(({ id, name }) =>
      el(
        "span",
        { class: "chip accent" },
        name,
        el("button", { type: "button", "aria-label": `Take ${name} out`, on: { click: () => onDrop(id) } }, "×"),
      ),
    ),
    el("span", { class: "grow" }),
    el("button", { type: "button", class: "btn", on: { click: onClear } }, "Clear"),
    ready
      ? el(
          "a",
          { class: "btn primary", href: `/compare?m=${chosen.map(({ id }) => encodeURIComponent(id)).join(",")}` },
          `Compare ${chosen.length} models`,
        )
      : el("span", { class: "soft" }, "Choose one more to compare"),
  );
}
