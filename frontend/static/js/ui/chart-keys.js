/** Keyboard access to a chart: arrows move between points, which are marked and read out; Enter is the click. */

import { el } from "../core/dom.js";
import { placeAfter, pointAt, pointsBetween, textOf } from "../math/chart-points.js";

const HINT = "chart-keys";

/**
 * @typedef {object} React reactions of a chart to its points
 * @property {(point: any) => void} [onClick]
 * @property {(point: any) => void} [onHover]
 * @property {(points: any[]) => void} [onSelect] by lasso; with the keys: Shift and arrows, all between two points
 * @property {(point: any) => string} [describe] text that is read out; by default the point's hover text
 */

/**
 * Make the node of a chart focusable and handle its keys. A chart without reactions stays a picture.
 * @param {HTMLElement} node that Plotly draws in
 * @param {React} react
 * @returns {{ redraw: () => void, remove: () => void }} `redraw`: after the chart was drawn anew
 */
export function addChartKeys(node, react) {
  if (!react.onClick && !react.onSelect) return { redraw() {}, remove() {} };
  node.tabIndex = 0;
  node.setAttribute("role", "application");
  node.setAttribute("aria-describedby", hint(Boolean(react.onSelect)));
  const cursor = el("span", { class: "chart-cursor", hidden: true });
  const area = el("span", { class: "chart-area", hidden: true });
  const status = el("span", { class: "visually-hidden", role: "status" });
  /** @type {import("../math/chart-points.js").Place | null} */
  let place = null;
  /** @type {import("../math/chart-points.js").Place | null} where Shift was pressed first */
  let anchor = null;
  const drawn = () => /** @type {any} */ (node)._fullLayout;
  const traces = () => /** @type {any} */ (node).data ?? [];

  const show = () => {
    const there = place && traces()[place.curve];
    cursor.hidden = area.hidden = true;
    if (!place || !there || !drawn()) return;
    const at = pixelsOf(pointAt(traces(), place));
    cursor.hidden = false;
    cursor.style.left = `${at.x}px`;
    cursor.style.top = `${at.y}px`;
    cursor.classList.toggle("leftwards", at.x > node.clientWidth / 2);
    cursor.style.setProperty("--room", `${Math.max(at.x, node.clientWidth - at.x) - 8}px`);
    if (!anchor) return;
    const from = pixelsOf(pointAt(traces(), anchor));
    area.hidden = false;
    area.style.left = `${Math.min(at.x, from.x)}px`;
    area.style.top = `${Math.min(at.y, from.y)}px`;
    area.style.width = `${Math.abs(at.x - from.x)}px`;
    area.style.height = `${Math.abs(at.y - from.y)}px`;
  };
  /** Place of a point in the node. @param {any} point */
  function pixelsOf({ data, x, y }) {
    const [across, up] = [axis(data.xaxis, "x"), axis(data.yaxis, "y")];
    return { x: across._offset + across.d2p(x), y: up._offset + up.d2p(y) };
  }
  /** @param {string | undefined} name e.g. "x2" @param {"x" | "y"} kind */
  const axis = (name, kind) => drawn()[`${kind}axis${(name ?? kind).slice(1)}`];

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.target !== node || event.ctrlKey || event.metaKey || event.altKey || !drawn()) return;
    if ((event.key === "Enter" || event.key === " ") && place) react.onClick?.(pointAt(traces(), place));
    else if (event.key === "Escape" && place) [place, anchor] = [null, null];
    else {
      const [, y] = drawn().yaxis.range;
      const next = placeAfter(traces(), place, event.key, drawn().yaxis.range[0] > y);
      if (!next) return;
      anchor = event.shiftKey && react.onSelect ? (anchor ?? place ?? next) : null;
      place = next;
    }
    event.preventDefault();
    event.stopPropagation();
    node.append(area, cursor, status);
    show();
    if (!place || event.key === "Enter" || event.key === " ") return;
    const point = pointAt(traces(), place);
    react.onHover?.(point);
    const chosen = anchor ? pointsBetween(traces(), anchor, place) : null;
    if (chosen) react.onSelect?.(chosen);
    status.textContent = (chosen ? `${chosen.length} points chosen; ` : "") + (react.describe ?? textOf)(point);
    cursor.dataset.text = status.textContent;
  }
  const onLeave = () => {
    [place, anchor] = [null, null];
    show();
  };
  node.addEventListener("keydown", onKey);
  node.addEventListener("blur", onLeave);
  return {
    redraw: show,
    remove() {
      node.removeEventListener("keydown", onKey);
      node.removeEventListener("blur", onLeave);
    },
  };
}

/**
 * Add the description of the keys to the page, once, and return the id of its element.
 * @param {boolean} selects
 */
function hint(selects) {
  const id = selects ? `${HINT}-select` : HINT;
  if (document.getElementById(id)) return id;
  const text = "Arrow keys go from point to point, Page Down and Page Up through all of them, Enter chooses.";
  const more = selects ? " Shift and arrow keys choose all points between two." : "";
  (document.querySelector("main") ?? document.body).append(el("p", { id, hidden: true }, text + more));
  return id;
}
