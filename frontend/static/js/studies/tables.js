/** Figures of a study: published ones, and measured ones by configuration with mean and deviation over seeds. */

import { labelOf, short } from "../core/format.js";
import { html, tableHead } from "../core/html.js";
import { deviation, mean } from "../math/summary.js";

const MAX_ROWS = 120;

/**
 * @typedef {{group: string, varied: Record<string, any>, runs: number, done: number, published: Record<string, number>, measured: Record<string, number[]>, problems: string[]}} Row
 */

/** @param {Row[]} rows */
export function publishedTable(rows) {
  const groups = new Map(rows.map(({ group, published }) => [group, published]));
  const figures = [...groups].flatMap(([group, published]) =>
    Object.entries(published).map(([name, value]) => [labelOf(group), labelOf(name), mono(short(value))]),
  );
  if (!figures.length)
    return html`<p class="soft">The source gives no table of numbers: it shows curves, to be compared by shape.</p>`;
  return table(["group", "figure", "published"], figures);
}

/**
 * @param {Row[]} rows
 * @param {string[]} metrics
 */
export function measuredTable(rows, metrics) {
  const done = rows.filter((row) => row.done || row.problems.length);
  const names = new Set(done.flatMap(({ measured }) => Object.keys(measured)));
  const parts = [...names].filter((name) => !metrics.includes(name));
  const heads = [...metrics.map(labelOf), ...parts.map((name) => `${labelOf(name)} [nats]`)];
  const cells = done.slice(0, MAX_ROWS).map(({ group, varied, done: n, runs, measured, problems }) => [
    labelOf(group),
    Object.entries(varied)
      .map(([name, value]) => `${labelOf(name)} ${value}`)
      .join(", ") || "–",
    mono(`${n} of ${runs}`),
    ...[...metrics, ...parts].map((name) => mono(valuesText(measured[name]))),
    ...(problems[0] ? [html`<span class="soft">${problems[0]}</span>`] : []),
  ]);
  return html`
    ${table(["group", "varied", "runs", ...heads], cells)}
    ${done.length > MAX_ROWS ? html`<p class="soft">${MAX_ROWS} of ${done.length} configurations are shown.</p>` : ""}
  `;
}

/** @param {string} text */
const mono = (text) => html`<span class="mono">${text}</span>`;

/** @param {number[] | undefined} values */
function valuesText(values) {
  if (!values?.length) return "–";
  const spread = deviation(values);
  return short(mean(values)) + (Number.isFinite(spread) ? ` ± ${short(spread)}` : "");
}

/**
 * @param {string[]} heads
 * @param {import("../core/html.js").Content[][]} rows
 */
const table = (heads, rows) =>
  html`<div class="scroll-x">
    <table>
      ${tableHead(heads)}
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
