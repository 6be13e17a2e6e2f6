/** The bar over the pictures: which tool is open, undo and redo, a random point. */

import { el } from "../../dom.js";

/** @typedef {import("../../state/session.js").Session} Session */

/** @type {Record<string, { label: string, make: (session: Session) => { node: HTMLElement, show: () => void } }>} */
const TOOLS = {};

/**
 * @param {HTMLElement} bar
 * @param {HTMLElement} place
 * @param {Session} session
 */
export function mountTools(bar, place, session) {
  const { store, history } = session;
  /** @type {Map<string, { node: HTMLElement, show: () => void }>} */
  const made = new Map();
  const buttons = Object.entries({ single: { label: "Single" }, ...TOOLS }).map(([name, { label }]) =>
    el("button", { type: "button", dataset: { tool: name }, on: { click: () => store.set({ tool: name }) } }, label),
  );
  const undo = el("button", { class: "btn", type: "button", on: { click: () => session.undo() } }, "Undo");
  const redo = el("button", { class: "btn", type: "button", on: { click: () => session.redo() } }, "Redo");
  const random = el(
    "button",
    { class: "btn", type: "button", on: { click: () => session.randomPoint() } },
    "Random ",
    el("kbd", {}, "N"),
  );
  bar.append(
    el("span", { class: "seg", role: "group", "aria-label": "Tool" }, buttons),
    el("span", { class: "grow" }),
    undo,
    redo,
    random,
  );

  const steps = () => {
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
  };
  const show = () => {
    const name = store.get().tool;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
    const tool = TOOLS[name];
    if (!tool) return place.replaceChildren();
    let panel = made.get(name);
    if (!panel) made.set(name, (panel = tool.make(session)));
    place.replaceChildren(panel.node);
    panel.show();
  };
  store.on(["step"], steps);
  store.on(["tool"], show);
  steps();
  show();
}
