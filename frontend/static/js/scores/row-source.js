/** Rows of the score table by number, requested a page at a time; the service filters and sorts. */

import { getJson } from "../core/api.js";

const PAGE_SIZE = 100;
/** Requests at a time: a fast scroll then requests the rows at its end, not all that it passed. */
const MAX_REQUESTS = 2;
/** Pause after the first failure; it doubles with each further one. */
const RETRY_MILLISECONDS = 2000;
const MAX_RETRY_MILLISECONDS = 60_000;

/**
 * @typedef {import("../types").ScoreRow} ScoreRow
 * @typedef {{total: number, metrics: import("../types").MetricColumn[], facets: import("../types").Facets}} Head
 */

export class ScoreRows {
  /**
   * @param {(head: Head) => void} onHead called after the first page of a new query
   * @param {() => void} onRows called after every page
   * @param {(error: unknown | null) => void} onProblem called when rows cannot be read, and with null when they can
   */
  constructor(onHead, onRows, onProblem) {
    this.onHead = onHead;
    this.onRows = onRows;
    this.onProblem = onProblem;
    /** @type {Record<string, any>} */
    this.query = {};
    /** @type {Map<number, ScoreRow[]>} */
    this.pages = new Map();
    /** Loaded pages that are to be read again. @type {Set<number>} */
    this.outdated = new Set();
    /** @type {Set<number>} */
    this.coming = new Set();
    this.total = 0;
    this.fresh = true;
    this.range = { first: 0, last: 0 };
    this.controller = new AbortController();
    this.failures = 0;
    this.waiting = false;
    this.timer = 0;
  }

  /**
   * Read another query. Loaded rows stay until newer ones arrive.
   * @param {Record<string, any>} query dataset, objective, q, model, fold, sort
   */
  reset(query) {
    this.controller.abort();
    this.controller = new AbortController();
    this.coming = new Set();
    clearTimeout(this.timer);
    this.waiting = false;
    this.same = JSON.stringify(query) === JSON.stringify(this.query);
    this.query = query;
    this.fresh = true;
    return this.fetch(0);
  }

  /**
   * @param {number} row
   * @returns {ScoreRow | null} null while it is not loaded
   */
  at(row) {
    return this.pages.get(Math.floor(row / PAGE_SIZE))?.[row % PAGE_SIZE] ?? null;
  }

  /** Loaded rows, in order. */
  loaded() {
    return [...this.pages.entries()].sort(([a], [b]) => a - b).flatMap(([, page]) => page);
  }

  /** @param {{first: number, last: number}} range */
  want(range) {
    this.range = range;
    if (this.waiting || this.fresh) return;
    const known = (/** @type {number} */ page) =>
      this.coming.has(page) || (this.pages.has(page) && !this.outdated.has(page));
    for (const page of missingPages(range, PAGE_SIZE, known)) {
      if (this.coming.size >= MAX_REQUESTS) return;
      this.fetch(page);
    }
  }

  /** Read at once the rows that could not be read. */
  retry() {
    clearTimeout(this.timer);
    this.waiting = false;
    if (this.fresh) this.fetch(0);
    else this.want(this.range);
  }

  /** @param {number} page */
  async fetch(page) {
    const { signal } = this.controller;
    this.coming.add(page);
    try {
      const query = { ...this.query, offset: page * PAGE_SIZE, limit: PAGE_SIZE };
      const answer = await getJson("/api/v1/scores", { query, signal });
      if (signal.aborted) return;
      this.coming.delete(page);
      const begins = this.fresh;
      if (begins) this.begin(answer.total);
      this.pages.set(page, this.keep(page, answer.rows));
      this.outdated.delete(page);
      if (!this.waiting) {
        this.failures = 0;
        this.onProblem(null);
      }
      if (begins) this.onHead(answer);
      this.onRows();
      this.want(this.range);
    } catch (error) {
      if (signal.aborted) return;
      this.coming.delete(page);
      this.fail(error);
    }
  }

  /**
   * Take the first page of a query: pages of another query are dropped, those out of sight too.
   * @param {number} total
   */
  begin(total) {
    this.fresh = false;
    this.total = total;
    const seen = (/** @type {number} */ page) =>
      (page + 1) * PAGE_SIZE > this.range.first && page * PAGE_SIZE < this.range.last && page * PAGE_SIZE < total;
    this.pages = new Map(this.same ? [...this.pages].filter(([page]) => seen(page)) : []);
    this.outdated = new Set(this.pages.keys());
  }

  /**
   * Rows of an answer, in which a row that has not changed stays the same object.
   * @param {number} page
   * @param {ScoreRow[]} rows
   */
  keep(page, rows) {
    const before = new Map((this.pages.get(page) ?? []).map((row) => [row.id, row]));
    return rows.map((row) => {
      const old = before.get(row.id);
      return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
    });
  }

  /** Schedule the next try, after a pause that doubles. @param {unknown} error */
  fail(error) {
    if (!this.waiting) this.failures += 1;
    this.waiting = true;
    clearTimeout(this.timer);
    const pause = Math.min(MAX_RETRY_MILLISECONDS, RETRY_MILLISECONDS * 2 ** (this.failures - 1));
    const again = () => {
      if (document.hidden) document.addEventListener("visibilitychange", again, { once: true });
      else if (this.waiting) this.retry();
    };
    this.timer = window.setTimeout(again, pause);
    this.onProblem(error);
  }
}

/**
 * Rows near the window.
 * @param {{scrollTop: number, viewport: number, rowHeight: number, total: number, margin?: number}} view
 *   margin: rows kept ready above and below
 * @returns {{first: number, last: number}} `last` is the one after
 */
export function visibleRows({ scrollTop, viewport, rowHeight, total, margin = 8 }) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  const last = Math.min(total, Math.ceil((scrollTop + viewport) / rowHeight) + margin);
  return { first: Math.min(first, last), last };
}

/**
 * Pages of `size` rows that cover first..last-1 and are not known.
 *
 * @param {{first: number, last: number}} range
 * @param {number} size
 * @param {(page: number) => boolean} known
 * @returns {number[]}
 */
export function missingPages(range, size, known) {
  const pages = [];
  for (let page = Math.floor(range.first / size); page * size < range.last; page += 1)
    if (!known(page)) pages.push(page);
  return pages;
}

/**
 * Columns in sight, and one more on each side so that the next key finds its cell.
 * @param {{scrollLeft: number, viewport: number, width: number, total: number}} view
 * @returns {{first: number, last: number}} `last` is the one after
 */
export function visibleColumns({ scrollLeft, viewport, width, total }) {
  const first = Math.max(0, Math.floor(scrollLeft / width) - 1);
  const last = Math.min(total, Math.ceil((scrollLeft + Math.max(viewport, width)) / width) + 1);
  return { first: Math.min(first, last), last };
}
