/** What is wrong in the form: while one mistake stands, nothing can be queued. */

import { el } from "../core/dom.js";

/**
 * @typedef {object} Mistake
 * @property {string} label name of the field, as it stands beside it
 * @property {string} message
 * @property {string} text what was typed
 * @property {HTMLElement} box gets the focus
 */

/**
 * @param {() => void} onChange called after each change of the set
 */
export function createMistakes(onChange) {
  /** @type {Map<string, Mistake>} by field, in the order in which they were made */
  const found = new Map();
  return {
    /** @param {string} key */
    get: (key) => found.get(key),
    /** In the order of the page. @returns {Mistake[]} */
    all: () =>
      [...found.values()].sort((a, b) =>
        a.box.compareDocumentPosition(b.box) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
      ),
    /**
     * @param {string} key
     * @param {Mistake | null} mistake null: the field is right
     */
    set(key, mistake) {
      if (mistake) found.set(key, mistake);
      else if (!found.delete(key)) return;
      onChange();
    },
    /** Forget fields that are not on the page any more. @param {HTMLElement} page */
    prune(page) {
      for (const [key, { box }] of found) if (!page.contains(box)) found.delete(key);
      onChange();
    },
  };
}

/** @typedef {ReturnType<typeof createMistakes>} Mistakes */

/** Bring the field of a mistake into sight and focus it. @param {Mistake} mistake */
export function goTo({ box }) {
  for (let fold = box.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  box.focus();
}

/**
 * "Cannot be queued: correct latents, seed.", each a link to its field.
 * @param {Mistake[]} mistakes at least one
 * @returns {(Node | string)[]}
 */
export function mistakeWords(mistakes) {
  const links = mistakes.map((mistake, at) => [
    at ? ", " : "",
    el("button", { type: "button", class: "link", on: { click: () => goTo(mistake) } }, mistake.label),
  ]);
  return ["Cannot be queued: correct ", ...links.flat(), "."];
}
