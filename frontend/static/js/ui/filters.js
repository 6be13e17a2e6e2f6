/** Search, filters and order of the gallery. */

import { el } from "../core/dom.js";
import { spoken, thousands } from "../core/format.js";

/** Orders that are always there; those by a metric are added when the service names the metric. */
export const ORDERS = [
  ["-created_at", "newest first"],
  ["name", "name"],
];

/** @typedef {{q: string, dataset: string, objective: string, sort: string}} Filter */

/**
 * @param {HTMLElement} form
 * @param {Filter} filter
 * @param {import("../types").Facets} facets
 * @param {(patch: Partial<Filter>) => void} onChange
 * @param {string[][]} [orders] value and text; none: the page sorts by other means
 */
export function drawFilters(form, filter, facets, onChange, orders) {
  const search = el("input", {
    type: "search",
    value: filter.q,
    placeholder: "Search name, data set, objective, setting",
    "aria-label": "Search models",
    autocomplete: "off",
    on: {
      input: (/** @type {Event} */ event) => onChange({ q: /** @type {HTMLInputElement} */ (event.target).value }),
    },
  });
  form.replaceChildren(
    search,
    choose("Data set", "dataset", named(facets.dataset), filter.dataset, onChange),
    choose("Objective", "objective", named(facets.objective), filter.objective, onChange),
    ...(orders ? [choose("Order", "sort", orders, filter.sort, onChange)] : []),
  );
  /** @type {HTMLFormElement} */ (form).onsubmit = () => false;
}

/**
 * @param {[string, number][]} facet
 * @returns {string[][]}
 */
function named(facet) {
  return [["", "all"], ...facet.map(([name, count]) => [name, `${spoken(name)} (${thousands(count)})`])];
}

/**
 * @param {string} label
 * @param {"dataset" | "objective" | "sort"} key
 * @param {string[][]} options value and text
 * @param {string} value
 * @param {(patch: Partial<Filter>) => void} onChange
 */
function choose(label, key, options, value, onChange) {
  const known = options.some(([option]) => option === value);
  const all = known ? options : [...options, [value, value]];
  return el(
    "label",
    { class: "field" },
    label,
    el(
      "select",
      {
        on: {
          change: (/** @type {Event} */ event) =>
            onChange({ [key]: /** @type {HTMLSelectElement} */ (event.target).value }),
        },
      },
      all.map(([option, text]) => el("option", { value: option, selected: option === value }, text)),
    ),
  );
}
