/** Table of scores: only rows near the window are in the document, header and first column stay in sight. */

import { labelOf } from "../core/format.js";
import { html, render, repeat } from "../core/html.js";
import { visibleColumns, visibleRows } from "./row-source.js";
import { tableRow } from "./row.js";

const ROW_HEIGHT = 48;
const NAME_WIDTH = 280;
const METRIC_WIDTH = 132;
/** Up to this number of rows all columns are in the document: the search of the browser then finds every number. */
const FEW_ROWS = 30;

/**
 * @typedef {import("../types").ScoreRow} ScoreRow
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {object} TableModel
 * @property {() => number} total
 * @property {(row: number) => ScoreRow | null} at
 * @property {(range: {first: number, last: number}) => void} want
 * @property {() => MetricColumn[]} columns shown, in order
 * @property {() => string} sort column name, "-" first for descending
 * @property {(metric: string, row: ScoreRow) => boolean} isBest of its data set
 * @property {(sort: string) => void} onSort
 * @property {(row: ScoreRow, metric: MetricColumn) => void} onOpen
 */

/**
 * @param {TableModel} model
 * @returns {{node: HTMLElement, draw: () => void, toTop: () => void, destroy: () => void}} `draw`: in the next frame
 */
export function scoreTable(model) {
  const node = document.createElement("div");
  Object.assign(node, { className: "table-window", tabIndex: 0, role: "region", ariaLabel: "Score table, scrolls" });
  let focus = { row: 0, column: 0 };
  let drawn = "";

  /** @param {number} total rows */
  function columnsInSight(total) {
    const count = model.columns().length;
    if (total <= FEW_ROWS) return { first: 0, last: count };
    const viewport = (node.clientWidth || 1200) - NAME_WIDTH;
    return visibleColumns({ scrollLeft: node.scrollLeft, viewport, width: METRIC_WIDTH, total: count });
  }

  /** @param {boolean} isScroll draw only where other rows or columns are in sight */
  function drawNow(isScroll) {
    const total = model.total();
    const view = { scrollTop: node.scrollTop, viewport: node.clientHeight || 600, rowHeight: ROW_HEIGHT, total };
    const { first, last } = visibleRows(view);
    const seen = columnsInSight(total);
    const key = [first, last, seen.first, seen.last].join();
    if (isScroll && key === drawn) return;
    drawn = key;
    model.want({ first, last });
    const shown = model.columns();
    const inSight = Array.from({ length: Math.max(0, last - first) }, (_, k) => first + k);
    const hadFocus = node.querySelector("tbody")?.contains(document.activeElement);
    const table = html`<table
      role="grid"
      aria-label="Models and their scores"
      aria-colcount=${shown.length + 1}
      aria-rowcount=${total + 2}
      style="width:${NAME_WIDTH + METRIC_WIDTH * shown.length}px"
    >
      <colgroup>
        <col class="name" />
        <col class="metric" span=${Math.max(1, shown.length)} />
      </colgroup>
      <thead>
        ${families(shown)}${titles(shown, model)}
      </thead>
      <tbody @click=${onClick} @keydown=${onEnter}>
        ${spacer(first * ROW_HEIGHT)}
        ${repeat(
          inSight,
          (at) => at,
          (at) => tableRow(at, model.at(at), model, { focus, seen }),
        )}
        ${spacer((total - last) * ROW_HEIGHT)}
      </tbody>
    </table>`;
    render(table, node);
    if (hadFocus && !node.contains(document.activeElement)) focusCell();
  }

  function focusCell() {
    const cell = node.querySelector('tbody [tabindex="0"]');
    if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
    return cell;
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!node.querySelector("tbody")?.contains(/** @type {Node} */ (event.target))) return;
    const page = Math.max(1, Math.floor(node.clientHeight / ROW_HEIGHT) - 2);
    const total = model.total();
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total };
    const down = /** @type {Record<string, number>} */ (steps)[event.key] ?? 0;
    const right = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    if (!down && !right) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(total - 1, focus.row + down));
    focus = { row, column: Math.max(0, Math.min(model.columns().length, focus.column + right)) };
    const top = node.querySelector("thead")?.offsetHeight ?? 0;
    const bottom = (row + 1) * ROW_HEIGHT + top;
    if (row * ROW_HEIGHT < node.scrollTop) node.scrollTop = row * ROW_HEIGHT;
    if (bottom > node.scrollTop + node.clientHeight) node.scrollTop = bottom - node.clientHeight;
    drawNow(false);
    const cell = focusCell();
    if (right) cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function open() {
    const row = model.at(focus.row);
    const metric = model.columns()[focus.column - 1];
    if (row && metric) model.onOpen(row, metric);
  }
  /** @param {Event} event */
  function onClick({ target }) {
    const cell = target instanceof Element ? target.closest("td") : null;
    if (cell?.dataset.row === undefined) return; // of a row that is not loaded, or of columns out of sight
    focus = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    open();
  }
  /** @param {KeyboardEvent} event */
  function onEnter(event) {
    if (event.key !== "Enter" || !(event.target instanceof HTMLTableCellElement)) return;
    event.preventDefault(); // or the same key press would reach the drawer's button
    open();
  }

  let frame = 0;
  let isScrollOnly = true;
  /** Draw once a frame, however often rows arrive or the table is scrolled. @param {boolean} isScroll */
  function drawSoon(isScroll) {
    isScrollOnly &&= isScroll;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const only = isScrollOnly;
      isScrollOnly = true;
      drawNow(only);
    });
  }
  node.addEventListener("scroll", () => drawSoon(true));
  node.addEventListener("keydown", onKey);
  const sizes = new ResizeObserver(() => drawSoon(true));
  sizes.observe(node);
  return {
    node,
    draw: () => drawSoon(false),
    toTop: () => (node.scrollTop = 0),
    destroy() {
      cancelAnimationFrame(frame);
      sizes.disconnect();
    },
  };
}

/** @param {number} height */
const spacer = (height) =>
  html`<tr class="spacer" aria-hidden="true" style="height:${Math.max(0, height)}px">
    <td></td>
  </tr>`;

/** @param {MetricColumn[]} shown */
function families(shown) {
  /** @type {{family: string, span: number}[]} */
  const groups = [];
  for (const { family } of shown) {
    const last = groups[groups.length - 1];
    if (last?.family === family) last.span += 1;
    else groups.push({ family, span: 1 });
  }
  return html`<tr class="families">
    <td class="corner"></td>
    ${groups.map(({ family, span }) => html`<th colspan=${span} scope="colgroup">${labelOf(family)}</th>`)}
  </tr>`;
}

/**
 * @param {MetricColumn[]} shown
 * @param {TableModel} model
 */
function titles(shown, model) {
  const sort = model.sort();
  const isDescending = sort.startsWith("-");
  const column = (
    /** @type {string} */ name,
    /** @type {string} */ label,
    /** @type {string} */ first,
    /** @type {string} */ hint,
  ) => {
    const isSorted = sort.replace(/^-/, "") === name;
    const next = isSorted ? (isDescending ? name : `-${name}`) : first + name;
    const order = isSorted ? (isDescending ? "descending" : "ascending") : "none";
    return html`<th scope="col" aria-sort=${order}>
      <button type="button" title=${hint} @click=${() => model.onSort(next)}>
        <span>${label}</span><i aria-hidden="true">${isSorted ? (isDescending ? "↓" : "↑") : ""}</i>
      </button>
    </th>`;
  };
  return html`<tr class="titles">
    ${column("name", "model", "", "Sort by name")}
    ${shown.map((metric) =>
      column(
        metric.name,
        metric.title + (metric.unit ? ` [${metric.unit}]` : ""),
        metric.higher_is_better ? "-" : "",
        `${metric.definition} ${metric.higher_is_better ? "Higher" : "Lower"} is better.`,
      ),
    )}
  </tr>`;
}
