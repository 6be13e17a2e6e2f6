/** Tables of a study: published beside measured, and the verdicts on its claims. */

import { short } from "../core/format.js";
import { html, tableHead } from "../core/html.js";
import { pageOf } from "./figure.js";

const MAX_ROWS = 120;

/**
 * @typedef {{published: number | null, mean: number | null, std: number | null, n: number}} Cell
 * @typedef {{title: string, note: string, columns: {name: string, title: string}[], rows: {label: string, models: string[], cells: Record<string, Cell>}[]}} Table
 * @typedef {{claim: string, text: string, source: string, of: string, answer: string, published: string | null, statistic: string, value: number | null, interval: number[] | null, p: number | null, method: string, runs: number, seeds: number}} Verdict
 */

/** "0.31 ± 0.02 (3)". @param {Cell} cell */
export function measuredText({ mean, std, n }) {
  if (mean === null) return "–";
  return std === null ? short(mean) : `${short(mean)} ± ${short(std)} (${n})`;
}

/** @param {Table} table */
export function resultTable({ title, note, columns, rows }) {
  const published = columns.map(({ name }) => rows.some(({ cells }) => cells[name].published !== null));
  const heads = columns.flatMap(({ title }, at) => (published[at] ? [`${title}, published`, "measured"] : [title]));
  return html`<h3>${title}</h3>
    ${note ? html`<p class="soft">${note}</p>` : ""}
    <div class="scroll-x">
      <table>
        ${tableHead(["", ...heads])}
        <tbody>
          ${rows.slice(0, MAX_ROWS).map(({ label, models, cells }) => {
            const page = pageOf(models.join(","));
            return html`<tr>
              <th scope="row">${page ? html`<a href=${page}>${label}</a>` : label}</th>
              ${columns.map(({ name }, at) => {
                const cell = cells[name];
                const measured = html`<td class="mono">${measuredText(cell)}</td>`;
                const source = html`<td class="mono">${cell.published === null ? "–" : short(cell.published)}</td>`;
                return published[at] ? html`${source}${measured}` : measured;
              })}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    ${rows.length > MAX_ROWS ? html`<p class="soft">${MAX_ROWS} of ${rows.length} rows are shown.</p>` : ""}`;
}

const CHIPS = { supported: "good", "not supported": "bad", undecided: "outline" };

/** "0.31, 95 % interval 0.2 to 0.4, p 0.003". @param {Verdict} verdict */
export function numbersText({ value, interval, p, runs, seeds }) {
  const parts = [value === null ? "no value" : short(value)];
  if (interval) parts.push(`95 % interval ${short(interval[0])} to ${short(interval[1])}`);
  if (p !== null) parts.push(`p ${p < 0.001 ? "below 0.001" : short(p)}`);
  return `${parts.join(", ")}; ${runs} ${runs === 1 ? "run" : "runs"}, ${seeds} ${seeds === 1 ? "seed" : "seeds"}`;
}

/** @param {Verdict[]} verdicts */
export const claimTable = (verdicts) =>
  html`<div class="scroll-x">
    <table>
      ${tableHead(["claim of the source", "here", "by the published values", "numbers", "how decided"])}
      <tbody>
        ${verdicts.map((verdict) => {
          const chip = /** @type {Record<string, string>} */ (CHIPS)[verdict.answer];
          return html`<tr>
            <th scope="row">
              ${verdict.text}${verdict.of ? html` <b>(${verdict.of})</b>` : ""}
              <span class="soft">${verdict.source}</span>
            </th>
            <td><span class=${`chip ${chip}`}>${verdict.answer}</span></td>
            <td>${verdict.published ?? "–"}</td>
            <td>${verdict.statistic}: <span class="mono">${numbersText(verdict)}</span></td>
            <td class="soft">${verdict.method}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
