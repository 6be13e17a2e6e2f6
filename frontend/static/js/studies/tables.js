/** Published figures, and measured ones by configuration with the seeds folded. */

import { el } from "../core/dom.js";
import { short, spoken } from "../core/format.js";
import { deviation, mean } from "../math/summary.js";

const MOST_ROWS = 120;

/**
 * @typedef {{group: string, varied: Record<string, any>, runs: number, done: number, published: Record<string, number>, measured: Record<string, number[]>, problems: string[]}} Row
 */

/** @param {Row[]} rows */
export function publishedTable(rows) {
  /** @type {Map<string, Record<string, number>>} */
  const groups = new Map(rows.map(({ group, published }) => [group, published]));
  const figures = [...groups].flatMap(([group, published]) =>
    Object.entries(published).map(([name, value]) => ({ group, name, value })),
  );
  if (!figures.length)
    return el(
      "p",
      { class: "soft" },
      "The source gives no table of numbers: it shows curves, to be compared by shape.",
    );
  return el(
    "div",
    { class: "scroll-x" },
    el(
      "table",
      {},
      head(["group", "figure", "published"]),
      el(
        "tbody",
        {},
        figures.map(({ group, name, value }) =>
          el(
            "tr",
            {},
            el("td", {}, spoken(group)),
            el("td", {}, spoken(name)),
            el("td", { class: "mono" }, short(value)),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {Row[]} rows
 * @param {string[]} metrics
 */
export function measuredTable(rows, metrics) {
  const done = rows.filter((row) => row.done || row.problems.length);
  const parts = [...new Set(done.flatMap(({ measured }) => Object.keys(measured)))].filter(
    (name) => !metrics.includes(name),
  );
  const columns = [...metrics, ...parts];
  return el(
    "div",
    { class: "scroll-x" },
    el(
      "table",
      {},
      head([
        "group",
        "varied",
        "runs",
        ...columns.map((name) => (parts.includes(name) ? `${spoken(name)} [nats]` : spoken(name))),
      ]),
      el(
        "tbody",
        {},
        done.slice(0, MOST_ROWS).map((row) =>
          el(
            "tr",
            {},
            el("td", {}, spoken(row.group)),
            el(
              "td",
              {},
              Object.entries(row.varied)
                .map(([name, value]) => `${spoken(name)} ${value}`)
                .join(", ") || "–",
            ),
            el("td", { class: "mono" }, `${row.done} of ${row.runs}`),
            columns.map((name) => el("td", { class: "mono" }, value(row.measured[name]))),
            row.problems[0] && el("td", { class: "soft" }, row.problems[0]),
          ),
        ),
      ),
    ),
    done.length > MOST_ROWS && el("p", { class: "soft" }, `${MOST_ROWS} of ${done.length} configurations are shown.`),
  );
}

/** @param {number[] | undefined} values */
function value(values) {
  if (!values?.length) return "–";
  const spread = deviation(values);
  return short(mean(values)) + (Number.isFinite(spread) ? ` ± ${short(spread)}` : "");
}

/** @param {string[]} names */
const head = (names) =>
  el(
    "thead",
    {},
    el(
      "tr",
      {},
      names.map((name) => el("th", { scope: "col" }, name)),
    ),
  );
