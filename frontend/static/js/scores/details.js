/** The parts of a score: matrices as heat maps, lists and numbers as tables. */

import { el } from "../core/dom.js";
import { short, spoken, unitless } from "../core/format.js";
import { heatCell } from "../ui/heat-cell.js";

const MOST_ROWS = 40;

/**
 * @param {Record<string, any>} details
 * @param {import("../types").MetricColumn} metric
 * @param {string[]} factors of the data set
 * @returns {HTMLElement[]}
 */
export function detailTables(details, metric, factors) {
  const names = Object.keys(details).filter((key) => key !== "settings");
  return names.flatMap((name) => {
    const value = details[name];
    const title = el("h3", {}, spoken(name));
    if (isMatrix(value)) return [title, heat(value, `${metric.title}: ${spoken(name)}`, factors)];
    if (Array.isArray(value) && value.length && value.every((one) => typeof one === "number" || one === null))
      return [title, list(value)];
    if (typeof value === "number") return [el("p", {}, `${spoken(name)} `, el("b", { class: "mono" }, short(value)))];
    if (typeof value === "string" && value) return [el("p", {}, `${spoken(name)}: ${value}`)];
    return [];
  });
}

/**
 * @param {any} value
 * @returns {value is (number | null)[][]}
 */
function isMatrix(value) {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => Array.isArray(row) && row.every((one) => typeof one === "number" || one === null))
  );
}

/**
 * Rows are latents, columns factors; shaded by value against the largest.
 * @param {(number | null)[][]} matrix
 * @param {string} label
 * @param {string[]} factors
 */
function heat(matrix, label, factors) {
  const rows = matrix.slice(0, MOST_ROWS);
  const named = factors.length === rows[0].length;
  const whole = rows.every((row) => row.every((value) => Number.isInteger(value ?? 0)));
  const largest = Math.max(1e-12, ...rows.flat().map((value) => Math.abs(value ?? 0)));
  return el(
    "div",
    { class: "scroll-x" },
    el(
      "table",
      { class: "heat-table", "aria-label": label },
      named &&
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("td", {}),
            factors.map((factor) => el("th", { scope: "col" }, spoken(factor))),
          ),
        ),
      el(
        "tbody",
        {},
        rows.map((row, latent) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, `z${latent}`),
            row.map((value) => {
              const heat = heatCell(Math.abs(value ?? 0) / largest);
              return el(
                "td",
                {
                  class: heat.className,
                  style: heat.style,
                },
                value === null ? "–" : whole ? String(value) : unitless(value),
              );
            }),
          ),
        ),
      ),
    ),
  );
}

/** @param {(number | null)[]} values */
function list(values) {
  return el(
    "p",
    { class: "mono values" },
    values
      .slice(0, 60)
      .map((value) => (value === null ? "–" : short(value)))
      .join("  "),
  );
}
