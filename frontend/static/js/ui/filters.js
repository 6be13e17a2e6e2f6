/** Search, filters and order of a list of models. */

import { labelOf, thousands } from "../core/format.js";
import { html } from "../core/html.js";

/** Orders that are always there, the first of them the default; the service names those by the other metrics. */
export const ORDERS = [
  ["-mig", "best MIG first"],
  ["-created_at", "newest first"],
  ["name", "name"],
];

/** @typedef {{q: string, dataset: string, objective: string, study: string, sort: string}} Filter */

/**
 * @param {Filter} filter
 * @param {import("../types").Facets} facets
 * @param {(patch: Partial<Filter>) => void} onChange
 * @param {string[][]} [orders] value and text; none: the page sorts by other means
 */
export function filterFields(filter, facets, onChange, orders) {
  const field = (
    /** @type {string} */ label,
    /** @type {"dataset" | "objective" | "study" | "sort"} */ key,
    /** @type {string[][]} */ options,
  ) => {
    const value = filter[key];
    const all = options.some(([option]) => option === value) ? options : [...options, [value, value]];
    return selectField(label, all, value, (chosen) => onChange({ [key]: chosen }));
  };
  return html`
    <input
      type="search"
      placeholder="Search name, data set, objective, setting"
      aria-label="Search models"
      autocomplete="off"
      .value=${filter.q}
      @input=${(/** @type {Event} */ { target }) => onChange({ q: /** @type {HTMLInputElement} */ (target).value })}
    />
    ${field("Data set", "dataset", facetOptions(facets.dataset))}
    ${field("Objective", "objective", facetOptions(facets.objective))}
    ${facets.study?.length || filter.study ? field("Study", "study", facetOptions(facets.study ?? [])) : ""}
    ${orders ? field("Order", "sort", orders) : ""}
  `;
}

/** @param {[string, number][]} facet names with their number of models */
const facetOptions = (facet) => [
  ["", "all"],
  ...facet.map(([name, count]) => [name, `${labelOf(name)} (${thousands(count)})`]),
];

/**
 * A labelled choice.
 * @param {string} label
 * @param {string[][]} options value and text
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export const selectField = (label, options, value, onChange) =>
  html`<label class="field"
    >${label}
    <select @change=${(/** @type {Event} */ { target }) => onChange(/** @type {HTMLSelectElement} */ (target).value)}>
      ${options.map(([name, text]) => html`<option value=${name} .selected=${name === value}>${text}</option>`)}
    </select>
  </label>`;
