/** The model's metrics: value, interval, chance; a row opens what the number means and how it came about. */

import { getJson, messageOf } from "../../core/api.js";
import { html, render, tableHead } from "../../core/html.js";
import { isAbort, latest } from "../../core/latest.js";
import { poll } from "../../core/poll.js";
import { toCsv } from "../../ui/download.js";
import { evaluateButton } from "../../ui/job-button.js";
import { createPanel, withoutDataset } from "../../ui/panel.js";
import { openScore } from "../../ui/score-drawer.js";
import { spreadText, valueText } from "../../ui/score-text.js";
import { IMAGES, metricRows } from "../metric-results.js";

const POLL_MILLISECONDS = 3000;
const CSV = /** @type {const} */ ([
  "metric",
  "value",
  "low",
  "high",
  "chance",
  "mode",
  "seed",
  "n",
  "state",
  "reason",
  "images",
]);

/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("../../types").MetricRow} MetricRow */
/** @typedef {import("../../types").MetricColumn} MetricColumn */

/** @param {Session} session @param {AbortSignal} signal */
export function createScores(session, signal) {
  const { model } = session;
  /** @type {MetricRow[]} */
  let rows = [];
  /** What each metric is, in the order of the service. @type {MetricColumn[]} */
  let metrics = [];
  const place = document.createElement("div");
  const again = evaluateButton(model.id, null, { label: "Compute all again", onDone: show });
  const { correlations, held_out_combinations: combinations } = model.dataset_settings;
  /** Evaluations on and off the distribution of training, where it has one. */
  const others = [
    ...(correlations || combinations ? ["training"] : []),
    ...(combinations ? ["held_out_combinations"] : []),
  ].map((images) =>
    evaluateButton(model.id, null, { label: `Compute on the ${IMAGES[images]}`, onDone: show, images }),
  );
  const first = evaluateButton(model.id, null, { label: "Compute all now", onDone: show });
  const read = latest(() => metricRows(session, true));
  /** While scores are queued or computed the table is read again. @type {import("../../core/poll.js").Poll | null} */
  let polling = null;
  async function show() {
    try {
      const columns = getJson("/api/v1/scores", { query: { model: model.id, limit: 1 } });
      [rows, { metrics }] = await Promise.all([read(), columns]);
    } catch (error) {
      if (isAbort(error)) return;
      render(html`<div class="empty"><b>The metrics could not be read</b>${messageOf(error)}</div>`, place);
      return;
    }
    draw();
    if (polling || !isUnderWay()) return;
    polling = poll(refresh, POLL_MILLISECONDS);
    signal.addEventListener("abort", polling.stop);
  }
  const isUnderWay = () => rows.some(({ state: now }) => now === "queued" || now === "running");
  async function refresh() {
    if (panel.node.isConnected && isUnderWay()) {
      rows = await read();
      draw();
    }
    if (panel.node.isConnected && isUnderWay()) return;
    polling?.stop();
    polling = null;
  }
  function draw() {
    const how = html`<code>axiscope evaluate ${model.id}</code>`;
    if (rows.length && (model.dataset || rows.some(({ value }) => value !== null)))
      render(
        html`<table class="scores">
            ${tableHead(["score", "value", "95 %", "chance", "state"])}
            <tbody>
              ${metrics.flatMap((metric) => rows.filter((row) => row.metric === metric.name).map((row) => line(metric, row)))}
            </tbody>
          </table>
          <p class="note">Intervals: 95 %. ${model.dataset ? html`By hand: ${how}` : ""}</p>
          ${model.dataset ? [again, ...others] : withoutDataset()}`,
        place,
      );
    else if (model.dataset)
      render(
        html`<div class="empty"><b>No score has been computed for this model</b>Run ${how}, or ${first}</div>`,
        place,
      );
    else render(withoutDataset(), place);
  }
  /** @param {MetricColumn} metric @param {MetricRow} row */
  function line(metric, row) {
    const { value, chance, mode } = row;
    const cell = /** @type {import("../../types").ScoreCell} */ ({ ...row, score: value });
    const scored = { id: model.id, name: model.name, dataset: model.dataset, cells: { [metric.name]: cell } };
    const factors = session.sample?.factor_names ?? model.factor_names;
    const open = () => openScore(scored, metric, show, { result: row, factors });
    return html`<tr>
      <td>
        <button type="button" class="link" title=${metric.definition} @click=${open}>${metric.title}</button>
        ${mode === "parity" ? html`<small class="soft">parity</small>` : ""}
        ${IMAGES[row.images] ? html`<small class="soft">${IMAGES[row.images]}</small>` : ""}
      </td>
      <td class="mono"><b>${value === null ? "–" : valueText(value, metric)}</b></td>
      <td class="mono soft">${spreadText(cell, metric) || "–"}</td>
      <td class="mono soft">${chance === null ? "–" : valueText(chance, metric)}</td>
      <td>${state(row)}</td>
    </tr>`;
  }
  const csv = () =>
    toCsv([
      [...CSV],
      ...rows.map((row) => CSV.map((key) => ({ ...row, low: row.interval?.[0], high: row.interval?.[1] })[key])),
    ]);
  const exports = () => ({ csv, json: () => rows, rest: `/metrics?model=${model.id}&details=true` });
  render(html`<p class="note">Loading …</p>`, place);
  const panel = createPanel({ title: "Scores", term: "interval", name: `${model.id}-scores`, exports }, place);
  return { node: panel.node, show };
}

/** @param {MetricRow} row */
function state({ state: now, value, reason, stale, computed_at: when }) {
  const chip = (/** @type {string} */ text, /** @type {string} */ kind, /** @type {string | null} */ title) =>
    html`<span class="chip ${kind}" title=${title ?? ""}>${text}</span>`;
  if (now !== "ready") return chip(now, now === "failed" ? "bad" : "", reason);
  if (value === null) return chip("n/a", "", reason);
  if (stale) return chip("stale", "warn", "Model or metric changed since it was computed");
  return html`<span class="good" title="computed ${when}">✓<span class="visually-hidden">ready</span></span>`;
}
