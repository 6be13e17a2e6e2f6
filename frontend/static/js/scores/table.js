/** The long table: only rows near the window are in the document, header and first column stay in sight. */

import { el } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { visibleColumns, visibleRows } from "./virtual-rows.js";
import { tableRow } from "./row.js";

const ROW = 48;
const NAME_WIDTH = 280;
const METRIC_WIDTH = 132;
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
 * @returns {{node: HTMLElement, head: () => void, body: () => void, toTop: () => void}}
 */
export function scoreTable(model) {
  const head = el("thead", {});
  const body = el("tbody", {});
  const columns = el("colgroup", {});
  const table = el("table", { role: "grid", "aria-label": "Models and their scores" }, columns, head, body);
  const node = el(
    "div",
    { class: "table-window", tabIndex: 0, role: "region", "aria-label": "Score table, scrolls" },
    table,
  );
  /** @type {{row: number, column: number}} */
  let focus = { row: 0, column: 0 };
  let drawn = "";
  /** @type {Map<number, {row: ScoreRow | null, line: HTMLElement, how: string}>} rows in the document */
  let lines = new Map();

  function drawHead() {
    const shown = model.columns();
    columns.replaceChildren(el("col", { class: "name" }), ...shown.map(() => el("col", { class: "metric" })));
    head.replaceChildren(families(shown), titles(shown, model));
    table.style.width = `${NAME_WIDTH + METRIC_WIDTH * shown.length}px`;
    table.setAttribute("aria-colcount", String(shown.length + 1));
  }

  /** All of them while rows are few: the browser's own search then finds every number. @param {number} total rows */
  function columnsInSight(total) {
    const count = model.columns().length;
    if (total <= FEW_ROWS) return { first: 0, last: count };
    const viewport = (node.clientWidth || 1200) - NAME_WIDTH;
    return visibleColumns({ scrollLeft: node.scrollLeft, viewport, width: METRIC_WIDTH, total: count });
  }

  /** @param {boolean} [force] also what is in the document already */
  function drawBody(force = true) {
    const total = model.total();
    const view = { scrollTop: node.scrollTop, viewport: node.clientHeight || 600, rowHeight: ROW, total };
    const { first, last } = visibleRows(view);
    const seen = columnsInSight(total);
    const sides = `${seen.first}-${seen.last}`;
    const key = `${first}-${last} ${sides}`;
    if (!force && key === drawn) return;
    drawn = key;
    model.want({ first, last });
    table.setAttribute("aria-rowcount", String(total + 2));
    const before = lines;
    lines = new Map();
    for (let at = first; at < last; at += 1) {
      const row = model.at(at);
      const how = `${sides} ${lineKey(at, row)}`;
      const old = before.get(at);
      const stays = old && old.row === row && old.how === how;
      lines.set(at, stays ? old : { row, how, line: tableRow(at, row, model, { focus, seen }) });
    }
    const held = body.contains(document.activeElement);
    place([spacer(first * ROW), ...[...lines.values()].map(({ line }) => line), spacer((total - last) * ROW)]);
    if (held && !body.contains(document.activeElement)) focusCell();
  }

  /**
   * What a line shows besides its row.
   * @param {number} at
   * @param {ScoreRow | null} row
   */
  function lineKey(at, row) {
    const names = model.columns().map(({ name }) => name);
    const best = row ? names.filter((name) => model.isBest(name, row)) : [];
    return [names.join(), best.join(), focus.row === at ? focus.column : ""].join(" ");
  }

  /** Lines that stay where they are are not touched: focus and selected text stay with them. @param {Node[]} nodes */
  function place(nodes) {
    const wanted = new Set(nodes);
    for (const node of [...body.childNodes]) if (!wanted.has(node)) node.remove();
    nodes.forEach((node, at) => {
      if (body.childNodes[at] !== node) body.insertBefore(node, body.childNodes[at] ?? null);
    });
  }

  function focusCell() {
    const cell = body.querySelector('[tabindex="0"]');
    if (cell instanceof HTMLElement) cell.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    if (!body.contains(/** @type {Node} */ (event.target))) return;
    const page = Math.max(1, Math.floor(node.clientHeight / ROW) - 2);
    const total = model.total();
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total };
    const down = /** @type {Record<string, number>} */ (steps)[event.key] ?? 0;
    const right = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
    if (!down && !right) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(total - 1, focus.row + down));
    focus = { row, column: Math.max(0, Math.min(model.columns().length, focus.column + right)) };
    const top = head.offsetHeight;
    if (row * ROW < node.scrollTop) node.scrollTop = row * ROW;
    if ((row + 1) * ROW + top > node.scrollTop + node.clientHeight)
      node.scrollTop = (row + 1) * ROW + top - node.clientHeight;
    drawBody();
    const cell = body.querySelector('[tabindex="0"]');
    if (cell instanceof HTMLElement) {
      cell.focus({ preventScroll: true });
      if (right) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  let waiting = false;
  let all = false;
  /** Once a frame, however often rows arrive or the table is scrolled. @param {boolean} force */
  function drawSoon(force) {
    all ||= force;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawBody(all);
      all = false;
    });
  }
  node.addEventListener("scroll", () => drawSoon(false));
  node.addEventListener("keydown", keys);
  body.addEventListener("click", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("td") : null;
    if (cell?.dataset.row === undefined) return; // of a row that has not come, or of columns out of sight
    focus = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    open(model, focus);
  });
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLTableCellElement)) return;
    event.preventDefault(); // or the same key press would go on to the drawer's button
    open(model, focus);
  });
  new ResizeObserver(() => drawSoon(false)).observe(node);
  return { node, head: drawHead, body: () => drawSoon(true), toTop: () => (node.scrollTop = 0) };
}

/**
 * @param {TableModel} model
 * @param {{row: number, column: number}} at
 */
function open(model, at) {
  const row = model.at(at.row);
  const metric = model.columns()[at.column - 1];
  if (row && metric) model.onOpen(row, metric);
}

/** @param {number} height */
const spacer = (height) =>
  el("tr", { class: "spacer", "aria-hidden": "true", style: `height:${Math.max(0, height)}px` }, el("td", {}));

/** @param {MetricColumn[]} shown */
function families(shown) {
  /** @type {{family: string, span: number}[]} */
  const groups = [];
  for (const { family } of shown) {
    const last = groups[groups.length - 1];
    if (last?.family === family) last.span += 1;
    else groups.push({ family, span: 1 });
  }
  return el(
    "tr",
    { class: "families" },
    el("td", { class: "corner" }),
    groups.map(({ family, span }) => el("th", { colSpan: span, scope: "colgroup" }, spoken(family))),
  );
}

/**
 * @param {MetricColumn[]} shown
 * @param {TableModel} model
 */
function titles(shown, model) {
  const sort = model.sort();
  const column = (
    /** @type {string} */ name,
    /** @type {string} */ label,
    /** @type {string} */ first,
    /** @type {string} */ hint,
  ) => {
    const here = sort.replace(/^-/, "") === name;
    const down = sort.startsWith("-");
    const next = here ? (down ? name : `-${name}`) : first + name;
    return el(
      "th",
      { scope: "col", "aria-sort": here ? (down ? "descending" : "ascending") : "none" },
      el(
        "button",
        { type: "button", title: hint, on: { click: () => model.onSort(next) } },
        el("span", {}, label),
        el("i", { "aria-hidden": "true" }, here ? (down ? "↓" : "↑") : ""),
      ),
    );
  };
  return el(
    "tr",
    { class: "titles" },
    column("name", "model", "", "Sort by name"),
    shown.map((metric) =>
      column(
        metric.name,
        metric.title + (metric.unit ? ` [${metric.unit}]` : ""),
        metric.higher_is_better ? "-" : "",
        `${metric.definition} ${metric.higher_is_better ? "Higher" : "Lower"} is better.`,
      ),
    ),
  );
}
