/** A row of the comparison: its label at the left, then one cell a model or one cell over all. */

import { el } from "../core/dom.js";

/**
 * @param {string} title
 * @param {string} words
 * @param {Node[]} cells one a model
 * @param {Node[]} [tools] under the words
 */
export function compareRow(title, words, cells, tools = []) {
  return el(
    "section",
    { class: "cmp-row", "aria-label": title },
    el("div", { class: "label" }, el("h2", {}, title), el("p", {}, words), tools),
    cells,
  );
}

/**
 * @param {string} title
 * @param {string} words
 * @param {Node} content
 * @param {Node[]} [tools]
 */
export function wideRow(title, words, content, tools = []) {
  return compareRow(title, words, [el("div", { class: "wide" }, content)], tools);
}

/** Colour of a model, the same in every row and figure. @param {number} at */
export const colour = (at) => `var(--series-${(at % 6) + 1})`;
