/** Virtual rows: which rows of a long table are worth having in the document. */

/** Browsers lay out at most about 17 million pixels of height; stay well below. */
export const MAX_HEIGHT = 8_000_000;

/**
 * @param {{scrollTop: number, viewport: number, rowHeight: number, total: number, margin?: number}} view
 *   margin: rows kept ready above and below
 * @returns {{first: number, last: number, height: number}} rows first..last-1, height of the whole list in pixels
 */
export function visibleRows({ scrollTop, viewport, rowHeight, total, margin = 8 }) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  const last = Math.min(total, Math.ceil((scrollTop + viewport) / rowHeight) + margin);
  return { first: Math.min(first, last), last, height: Math.min(total * rowHeight, MAX_HEIGHT) };
}

/**
 * Pages of `size` rows that cover first..last-1 and are neither there nor on the way.
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
