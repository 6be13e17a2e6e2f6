/**
 * Templates of what is drawn again: lit-html, which changes only the parts of the document that differ, so that focus,
 * text selection and scroll positions stay. Text in a template never becomes markup.
 */

import { html, nothing, render } from "../../vendor/lit-html/lit-html.js";

export { html, nothing, render };
export { repeat } from "../../vendor/lit-html/directives/repeat.js";

/** @typedef {import("../../vendor/lit-html/lit-html.js").TemplateResult | Node | string | number | null | undefined | false | "" | Iterable<any>} Content */

/** Head of a table: one column for each name. @param {string[]} names */
export const tableHead = (names) =>
  html`<thead>
    <tr>
      ${names.map((name) => html`<th scope="col">${name}</th>`)}
    </tr>
  </thead>`;
