/** The long table: only rows near the window are in the document, header and first column stay in sight. */

import { el } from "../../dom.js";
import { short, spoken } from "../../math/format.js";
import { visibleRows } from "../../math/rows.js";
import { cellContent, cellWords } from "./cell.js";

const ROW = 48;

/**
 * @typedef {import("../../types-pages").ScoreRow} ScoreRow
 * @typedef {import("../../types-pages").MetricColumn} MetricColumn
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

  function drawHead() {
    const shown = model.columns();
    columns.replaceChildren(el("col", { class: "name" }), ...shown.map(() => el("col", { class: "metric" })));
    head.replaceChildren(families(shown), titles(shown, model));
    table.style.width = `${280 + 132 * shown.length}px`;
    table.setAttribute("aria-colcount", String(shown.length + 1));
  }

  /** @param {boolean} [force] */
  function drawBody(force = true) {
    const total = model.total();
    const view = { scrollTop: node.scrollTop, viewport: node.clientHeight || 600, rowHeight: ROW, total };
    const { first, last } = visibleRows(view);
    const key = `${first}-${last}`;
    if (!force && key === drawn) return;
    drawn = key;
    model.want({ first, last });
    table.setAttribute("aria-rowcount", String(total + 2));
    const rows = [];
    for (let at = first; at < last; at += 1) rows.push(tableRow(at, model, focus));
    const held = body.contains(document.activeElement);
    body.replaceChildren(spacer(first * ROW), ...rows, spacer((total - last) * ROW));
    if (held) focusCell();
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
  node.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawBody(false);
    });
  });
  node.addEventListener("keydown", keys);
  body.addEventListener("click", (event) => {
    const cell = event.target instanceof Element ? event.target.closest("td") : null;
    if (!cell) return;
    focus = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    open(model, focus);
  });
  body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLTableCellElement)) return;
    event.preventDefault(); // or the same key press would go on to the drawer's button
    open(model, focus);
  });
  new ResizeObserver(() => drawBody(false)).observe(node);
  return { node, head: drawHead, body: () => drawBody(), toTop: () => (node.scrollTop = 0) };
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

/**
 * @param {number} at
 * @param {TableModel} model
 * @param {{row: number, column: number}} focus
 */
function tableRow(at, model, focus) {
  const row = model.at(at);
  const shown = model.columns();
  const stop = (/** @type {number} */ column) => (focus.row === at && focus.column === column ? 0 : -1);
  if (!row) {
    return el(
      "tr",
      { "aria-rowindex": at + 3 },
      el("th", { scope: "row" }, el("span", { class: "soft" }, `row ${at + 1} …`)),
      shown.map(() => el("td", {})),
    );
  }
  return el(
    "tr",
    { "aria-rowindex": at + 3 },
    el(
      "th",
      { scope: "row" },
      el("a", { href: `/explore/${encodeURIComponent(row.id)}`, title: row.name, tabIndex: stop(0) }, row.name),
      el("small", {}, recipe(row)),
    ),
    shown.map((metric, k) =>
      el(
        "td",
        {
          tabIndex: stop(k + 1),
          title: cellWords(row.cells[metric.name], metric),
          dataset: { row: at, column: k + 1 },
        },
        cellContent(row.cells[metric.name], metric, model.isBest(metric.name, row)),
      ),
    ),
  );
}

/** @param {ScoreRow} row */
function recipe(row) {
  const settings = Object.entries(row.settings ?? {})
    .filter(([, value]) => typeof value === "number")
    .slice(0, 2)
    .map(([key, value]) => `${spoken(key)} ${short(value)}`);
  const seeds =
    row.models === undefined
      ? `seed ${row.training?.seed ?? "–"}`
      : `${row.models} ${row.models === 1 ? "seed" : "seeds"}`;
  return [row.dataset ?? "no data set", [row.objective ?? "imported", ...settings].join(" "), seeds].join(" · ");
}
