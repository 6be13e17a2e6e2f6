/** Bar over the pictures: tools, undo and redo, saved points, random point, export. */

import { createLife, el, icon } from "../../core/dom.js";
import { attachMenu } from "../../ui/menu.js";
import { createDirection } from "../tools/direction.js";
import { createGrid } from "../tools/traversal-grid.js";
import { createInterpolation } from "../tools/interpolate.js";
import { createPad } from "../tools/latent-plane.js";
import { createSwap } from "../tools/swap.js";
import { exportItems } from "./export.js";
import { readWaypoints, waypointItems } from "./waypoints.js";

/** @typedef {import("../session.js").Session} Session */
/** @typedef {{ node: HTMLElement, show: () => void }} Tool */

/** @type {Record<string, { label: string, make: ((session: Session, signal: AbortSignal) => Tool) | null }>} */
export const TOOLS = {
  single: { label: "Single", make: null },
  grid: { label: "All traversals", make: createGrid },
  pad: { label: "2-d pad", make: createPad },
  interpolate: { label: "Interpolate", make: createInterpolation },
  swap: { label: "Swap", make: createSwap },
  direction: { label: "Factor", make: createDirection },
};

/**
 * @param {HTMLElement} bar
 * @param {HTMLElement} place
 * @param {Session} session
 */
export function mountTools(bar, place, session) {
  const { signal, destroy } = createLife(bar);
  const { store, history } = session;
  /** @type {Map<string, Tool>} */
  const made = new Map();
  const tools = Object.entries(TOOLS).map(([name, { label }]) =>
    el("button", { type: "button", dataset: { tool: name }, on: { click: () => store.set({ tool: name }) } }, label),
  );
  const button = (/** @type {string} */ label, /** @type {() => void} */ run) =>
    el("button", { class: "btn", type: "button", on: { click: run } }, label);
  const undo = step("Undo", "M9 7 4 12l5 5M4 12h10a5 5 0 0 1 5 5v1", () => session.undo());
  const redo = step("Redo", "m15 7 5 5-5 5M20 12H10a5 5 0 0 0-5 5v1", () => session.redo());
  const random = button("Random ", () => session.randomPoint());
  random.append(el("kbd", {}, "N"));
  const points = button("Points ▾", () => {});
  const save = button("Export ▾", () => {});
  store.set({ waypoints: readWaypoints(session) });
  attachMenu(points, () => waypointItems(session));
  attachMenu(save, () => exportItems(session));
  bar.append(
    el("span", { class: "seg of-tools", role: "group", "aria-label": "Tool" }, tools),
    el("span", { class: "grow" }),
    el("span", { class: "actions" }, undo, redo, points, random, save),
  );

  const steps = () => {
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
  };
  const show = () => {
    const name = store.get().tool in TOOLS ? store.get().tool : "single";
    for (const tool of tools) tool.setAttribute("aria-pressed", String(tool.dataset.tool === name));
    bar.parentElement?.setAttribute("data-tool", name);
    const { make } = TOOLS[name];
    if (!make) return place.replaceChildren();
    let tool = made.get(name);
    if (!tool) made.set(name, (tool = make(session, signal)));
    tool.node.classList.add("card");
    if (place.firstChild !== tool.node) place.replaceChildren(tool.node); // an element that is inserted again loses its focus
    tool.show();
  };
  store.on(["step"], steps, signal);
  store.on(["tool"], show, signal);
  steps();
  return {
    show,
    destroy() {
      destroy();
      place.replaceChildren();
    },
  };
}

/** @param {string} label @param {string} path @param {() => void} run */
function step(label, path, run) {
  return el(
    "button",
    { class: "btn square", type: "button", "aria-label": label, title: label, on: { click: run } },
    icon(path),
  );
}
