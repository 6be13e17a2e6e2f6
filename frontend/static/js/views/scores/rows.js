/** Rows of the score table by number, fetched a page at a time; filtered and sorted by the server. */

import { getJson } from "../../api.js";
import { missingPages } from "../../math/rows.js";

const SIZE = 100;
/** Requests under way at most: a fast scroll asks for what is in sight at its end, not for all it passed. */
const AT_ONCE = 2;

/**
 * @typedef {import("../../types-pages").ScoreRow} ScoreRow
 * @typedef {{total: number, metrics: import("../../types-pages").MetricColumn[], facets: import("../../types-pages").Facets}} Head
 */

export class ScoreRows {
  /**
   * @param {(head: Head) => void} onHead told after the first page of a new query
   * @param {() => void} onRows told after every page
   * @param {(error: unknown) => void} onError
   */
  constructor(onHead, onRows, onError) {
    this.onHead = onHead;
    this.onRows = onRows;
    this.onError = onError;
    /** @type {Record<string, any>} */
    this.query = {};
    /** @type {Map<number, ScoreRow[] | "coming">} */
    this.pages = new Map();
    this.total = 0;
    this.coming = 0;
    this.range = { first: 0, last: 0 };
    this.controller = new AbortController();
  }

  /**
   * Forget all and ask anew. Rows shown before stay until the first page of the new answer is here.
   * @param {Record<string, any>} query dataset, objective, q, model, fold, sort
   */
  reset(query) {
    this.controller.abort();
    this.controller = new AbortController();
    this.query = query;
    this.fresh = true;
    return this.fetch(0);
  }

  /**
   * @param {number} row
   * @returns {ScoreRow | null} null while it is on its way
   */
  at(row) {
    const page = this.pages.get(Math.floor(row / SIZE));
    return Array.isArray(page) ? (page[row % SIZE] ?? null) : null;
  }

  /** Rows that are here, in order. */
  loaded() {
    return [...this.pages.entries()].sort(([a], [b]) => a - b).flatMap(([, page]) => (Array.isArray(page) ? page : []));
  }

  /** @param {{first: number, last: number}} range */
  want(range) {
    this.range = range;
    for (const page of missingPages(range, SIZE, (number) => this.pages.has(number))) {
      if (this.coming >= AT_ONCE) return;
      this.fetch(page);
    }
  }

  /** @param {number} page */
  async fetch(page) {
    const { signal } = this.controller;
    if (!this.fresh) this.pages.set(page, "coming");
    this.coming += 1;
    try {
      const query = { ...this.query, offset: page * SIZE, limit: SIZE };
      const answer = await getJson("/api/v1/scores", { query, signal });
      if (signal.aborted) return;
      if (this.fresh) {
        this.fresh = false;
        this.pages = new Map();
        this.total = answer.total;
        this.pages.set(page, answer.rows);
        this.onHead(answer);
      } else this.pages.set(page, answer.rows);
      this.onRows();
    } catch (error) {
      if (signal.aborted) return;
      this.pages.delete(page);
      this.onError(error);
    } finally {
      this.coming -= 1;
      if (!signal.aborted && !this.fresh) this.want(this.range);
    }
  }
}
