/** Drawer of one score: meaning, how it was computed, its parts, and how to compute it again. */

import { getDataset, getJson, isCopy, messageOf, withQuery } from "../core/api.js";
import { duration, labelOf, short, thousands, unitless } from "../core/format.js";
import { html, render } from "../core/html.js";
import { openDrawer } from "./dialog.js";
import { evaluateButton } from "./job-button.js";
import { heatCell } from "./colours.js";
import { command, withoutDataset } from "./panel.js";
import { valueText } from "./score-text.js";

/**
 * @typedef {Pick<import("../types").ScoreRow, "id" | "name" | "dataset" | "cells">} ScoreRow
 * @typedef {import("../types").MetricColumn} MetricColumn
 */

const MAX_ROWS = 40;
const MAX_VALUES = 60;

/**
 * @param {ScoreRow} row
 * @param {MetricColumn} metric
 * @param {() => void} onComputed called when a job that was queued here has succeeded
 * @param {{result: import("../types").MetricRow, factors: string[]}} [known] stored result and factors, which are read
 *   otherwise
 */
export async function openScore(row, metric, onComputed, known) {
  const inside = document.createElement("div");
  const { id, name, dataset: datasetName } = row;
  const again = datasetName
    ? [
        html`<h3>Compute it again</h3>`,
        evaluateButton(id, [metric.name], { label: "Queue an evaluation", onDone: onComputed }),
        command(`axiscope evaluate ${id} --metrics ${metric.name}`),
      ]
    : withoutDataset();
  const draw = (/** @type {import("../core/html.js").Content} */ details) => {
    const content = html`
      ${bigNumber(row, metric)}
      <p>${metric.definition}</p>
      ${metric.formula ? html`<pre class="formula">${metric.formula}</pre>` : ""}
      <p class="soft">${metric.citation}</p>
      ${metric.misses ? html`<p class="notice"><b>What it misses. </b>${metric.misses}</p>` : ""}
      ${isCopy() ? "" : html`<p><a href="/stress#${metric.name}">Its row in the stress test</a></p>`}
      <div class="parts">${details}</div>
      ${again}
    `;
    render(content, inside);
  };
  draw(known ? resultTemplate([known.result], metric, known.factors) : html`<p class="soft">Reading the details …</p>`);
  openDrawer(`${metric.title} · ${name}`, [], [inside]);
  if (known) return;
  try {
    const path = withQuery("/metrics", { model: id, metric: metric.name, details: true });
    const [answer, dataset] = await Promise.all([
      getJson(path),
      datasetName ? getDataset(datasetName).catch(() => null) : null,
    ]);
    draw(resultTemplate(answer.items ?? [], metric, dataset?.factors.map((factor) => factor.name) ?? []));
  } catch (error) {
    draw(html`<p class="notice bad">${messageOf(error)}</p>`);
  }
}

/**
 * @param {ScoreRow} row
 * @param {MetricColumn} metric
 */
function bigNumber(row, metric) {
  const cell = row.cells[metric.name];
  if (!cell) return html`<p class="notice">not computed yet</p>`;
  const { score, state, reason, interval, std, chance, models } = cell;
  if (score === null) {
    const stateText = state === "ready" ? "not applicable" : state;
    return html`<p class="notice">${stateText}: ${reason ?? "no reason given"}</p>`;
  }
  const text = (/** @type {number} */ value) => valueText(value, metric);
  return html`<p class="big">
    <b>${text(score)}</b> ${metric.unit}
    ${interval ? html`<span>95 % interval ${interval.map(text).join(" to ")}</span>` : ""}
    ${typeof std === "number" ? html`<span>mean of ${models} models, standard deviation ${text(std)}</span>` : ""}
    ${typeof chance === "number" ? html`<span>chance level ${text(chance)}</span>` : ""}
    <span>${metric.higher_is_better ? "higher" : "lower"} is better</span>
  </p>`;
}

/**
 * @param {import("../types").MetricRow[]} results
 * @param {MetricColumn} metric
 * @param {string[]} factors of the data set
 */
function resultTemplate(results, metric, factors) {
  const newest = results.find((result) => result.state === "ready");
  if (!newest) return html`<p class="soft">No score is stored.</p>`;
  /** @type {[string, any][]} */
  const facts = [
    ["Images", newest.n === null ? "–" : thousands(newest.n)],
    ["Seed", newest.seed],
    ["Mode", newest.mode],
    ["Computed", newest.computed_at && new Date(newest.computed_at).toLocaleString("en-GB")],
    ["Took", newest.seconds === null ? "–" : duration(newest.seconds)],
    ...Object.entries(newest.parameters ?? {}).map(
      ([key, value]) => /** @type {[string, any]} */ ([labelOf(key), JSON.stringify(value)]),
    ),
  ];
  const details = Object.entries(newest.details ?? {}).filter(([key]) => key !== "settings");
  return html`
    ${newest.stale ? html`<p class="notice">The model or the metric has changed since: compute it again.</p>` : ""}
    <h3>How it was computed</h3>
    <dl class="facts-list">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${details.map(([name, value]) => detail(labelOf(name), value, metric, factors))}
  `;
}

const isNumber = (/** @type {unknown} */ value) => typeof value === "number" || value === null;

/**
 * One part of a score: a matrix as a heat map, numbers as a list, or one value.
 * @param {string} name
 * @param {any} value
 * @param {MetricColumn} metric
 * @param {string[]} factors
 */
function detail(name, value, metric, factors) {
  if (typeof value === "number") return html`<p>${name} <b class="mono">${short(value)}</b></p>`;
  if (typeof value === "string" && value) return html`<p>${name}: ${value}</p>`;
  if (!Array.isArray(value) || !value.length) return "";
  if (value.every((row) => Array.isArray(row) && row.every(isNumber)))
    return html`<h3>${name}</h3>
      ${heatTable(value, `${metric.title}: ${name}`, factors)}`;
  if (!value.every(isNumber)) return "";
  const list = value.slice(0, MAX_VALUES).map((one) => (one === null ? "–" : short(one)));
  return html`<h3>${name}</h3>
    <p class="mono values">${list.join("  ")}</p>`;
}

/**
 * Rows are latents, columns factors; shaded by value relative to the largest.
 * @param {(number | null)[][]} matrix
 * @param {string} label
 * @param {string[]} factors
 */
function heatTable(matrix, label, factors) {
  const rows = matrix.slice(0, MAX_ROWS);
  const isWhole = rows.every((row) => row.every((value) => Number.isInteger(value ?? 0)));
  const largest = Math.max(1e-12, ...rows.flat().map((value) => Math.abs(value ?? 0)));
  const cell = (/** @type {number | null} */ value) => {
    const { className, style } = heatCell(Math.abs(value ?? 0) / largest);
    const text = value === null ? "–" : isWhole ? String(value) : unitless(value);
    return html`<td class=${className} style=${style}>${text}</td>`;
  };
  const names = factors.length === rows[0].length ? factors : [];
  const head = html`<thead>
    <tr>
      <td></td>
      ${names.map((name) => html`<th scope="col">${labelOf(name)}</th>`)}
    </tr>
  </thead>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${label}>
    <table class="heat-table" aria-label=${label}>
      ${names.length ? head : ""}
      <tbody>
        ${rows.map(
          (row, latent) =>
            html`<tr>
              <th scope="row">z${latent}</th>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
