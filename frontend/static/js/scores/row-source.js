/** Rows of the score table by number, fetched a page at a time; filtered and sorted by the server. */

import { getJson } from "../core/api.js";
import { missingPages } from "./virtual-rows.js";

const SIZE = 100;
/** Requests under way at most: a fast scroll asks for what is in sight at its end, not for all it passed. */
const AT_ONCE = 2;
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
   * @param {(error: unknown | null) => void} onProblem called when rows cannot be read, and with null when they can again
   */
  constructor(onHead, onRows, onProblem) {
    this.onHead = onHead;
    this.onRows = onRows;
    this.onProblem = onProblem;
    /** @type {Record<string, any>} */
    this.query = {};
    /** @type {Map<number, ScoreRow[]>} */
    this.pages = new Map();
    /** Pages that are here and are to be read anew. @type {Set<number>} */
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
   * Forget all and read anew. Rows shown before stay until newer ones are here.
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
   * @returns {ScoreRow | null} null while it is on its way
   */
  at(row) {
    return this.pages.get(Math.floor(row / SIZE))?.[row % SIZE] ?? null;
  }

  /** Rows that are here, in order. */
  loaded() {
    return [...this.pages.entries()].sort(([a], [b]) => a - b).flatMap(([, page]) => page);
  }

  /** @param {{first: number, last: number}} range */
  want(range) {
    this.range = range;
    if (this.waiting || this.fresh) return;
    const known = (/** @type {number} */ page) =>
      this.coming.has(page) || (this.pages.has(page) && !this.outdated.has(page));
    for (const page of missingPages(range, SIZE, known)) {
      if (this.coming.size >= AT_ONCE) return;
      this.fetch(page);
    }
  }

  /** Read at once what could not be read. */
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
      const query = { ...this.query, offset: page * SIZE, limit: SIZE };
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
   * The first page of a query is here: pages of another query go, those out of sight too.
   * @param {number} total
   */
  begin(total) {
    this.fresh = false;
    this.total = total;
    const seen = (/** @type {number} */ page) =>
      (page + 1) * SIZE > this.range.first && page * SIZE < this.range.last && page * SIZE < total;
    this.pages = new Map(this.same ? [...this.pages].filter(([page]) => seen(page)) : []);
    this.outdated = new Set(this.pages.keys());
  }

  /**
   * Rows as they came; one that has not changed stays the same object, so that its line in the table may stay.
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

  /** Rows cannot be read: wait before the next try, longer each time. @param {unknown} error */
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
