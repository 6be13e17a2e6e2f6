/** Glossary in a drawer: the terms of static/glossary.json, which the page /glossary shows too. */

import { isCopy } from "../core/api.js";
import { asset } from "../core/assets.js";
import { el } from "../core/dom.js";
import { openDrawer } from "./dialog.js";
import { toastError } from "./toast.js";

/**
 * @typedef {{title: string, group: string, also?: string[], text: string, see: string[], page?: string}} Term
 * @typedef {Record<string, Term>} Glossary
 */

const ADDRESS = "/glossary#";

/** @type {Promise<Glossary> | null} */
let reading = null;

/**
 * Read the glossary, once.
 * @returns {Promise<Glossary>}
 */
export function readGlossary() {
  reading ??= fetch(asset("glossary.json")).then((answer) => {
    if (answer.ok) return answer.json();
    reading = null;
    throw new Error(`The glossary cannot be read: the service answered ${answer.status}`);
  });
  return reading;
}

/**
 * A word that the glossary explains.
 * @param {string} id of the term
 * @param {string} [text] the word, where it is not the id
 */
export const term = (id, text = id) => el("a", { class: "term", href: ADDRESS + id }, text);

/**
 * Small mark beside a title, which opens the glossary.
 * @param {string} id of the term
 */
export const termMark = (id) =>
  el("a", { class: "term-mark", href: ADDRESS + id, "aria-label": `Glossary: ${id}`, title: "Explain it" }, "?");

/** Open the glossary instead of following a link to one of its terms, which works without a script too. */
export function followTerms() {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.(`a[href^="${ADDRESS}"]`);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openGlossary(/** @type {string} */ (link.getAttribute("href")).slice(ADDRESS.length)).catch(toastError);
  });
}

/**
 * Open the drawer of the glossary, or show a term in the open one.
 * @param {string} [id] of the term to show
 */
export async function openGlossary(id) {
  const glossary = await readGlossary();
  const drawer = document.querySelector("dialog.glossary") ?? makeDrawer(glossary);
  const entry = id ? drawer.querySelector(`#term-${CSS.escape(id)}`) : null;
  for (const shown of drawer.querySelectorAll(".shown")) shown.classList.remove("shown");
  if (!entry) return;
  entry.classList.add("shown");
  entry.scrollIntoView({ block: "center" });
  /** @type {HTMLElement} */ (entry).focus({ preventScroll: true });
}

/** @param {Glossary} glossary */
function makeDrawer(glossary) {
  const box = el("input", { type: "search", placeholder: "Find a word", "aria-label": "Find a word" });
  const entries = Object.entries(glossary).map(([id, one]) => ({ one, node: entryOf(id, one, glossary) }));
  entries.sort((a, b) => a.one.title.localeCompare(b.one.title));
  const none = el("p", { class: "empty", hidden: true }, "No term has this name");
  box.addEventListener("input", () => {
    for (const { one, node } of entries) node.hidden = !textOf(one).includes(box.value.trim().toLowerCase());
    none.hidden = entries.some(({ node }) => !node.hidden);
  });
  const drawer = openDrawer("Glossary", [], [box, none, ...entries.map(({ node }) => node)]);
  drawer.classList.add("glossary");
  return drawer;
}

/** All words of a term, for searching. @param {Term} one */
const textOf = ({ title, also = [], text }) => [title, ...also, text].join(" ").toLowerCase();

/**
 * @param {string} id
 * @param {Term} one
 * @param {Glossary} glossary
 */
function entryOf(id, { title, also, text, see, page }, glossary) {
  const links = see.flatMap((other) => [" ", term(other, glossary[other].title)]);
  return el(
    "article",
    { id: `term-${id}`, tabIndex: -1 },
    el("h3", {}, title, also && el("small", { class: "soft" }, ` ${also.join(", ")}`)),
    el("p", {}, text),
    links.length > 0 && el("p", { class: "soft" }, "See", links),
    page && !isCopy() && el("a", { href: `/docs/${page.replace(".md", ".html")}` }, "Read more"),
  );
}

/**
 * The terms that have all words of a search in their name, as commands of the palette.
 * @param {Glossary} glossary
 * @param {string} search
 */
export function termsFound(glossary, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return Object.entries(glossary)
    .filter(([, { title, also = [] }]) => {
      const names = [title, ...also].join(" ").toLowerCase();
      return words.every((word) => names.includes(word));
    })
    .map(([id, { title, text }]) => ({
      label: title,
      hint: `glossary · ${text.slice(0, 60)}…`,
      run: () => void openGlossary(id).catch(toastError),
    }));
}
