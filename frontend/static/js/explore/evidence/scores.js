/** The model's metrics: value, interval, chance; a row opens what the number means and how it came about. */

import { isAbort, latest } from "../../core/latest.js";
import { el } from "../../core/dom.js";
import { createPanel, missing } from "../../ui/panel.js";
import { toCsv } from "../../ui/download.js";
import { spread } from "../../core/format.js";
import { poll } from "../../core/poll.js";
import { evaluateButton } from "../../ui/job-button.js";
import { withoutDataset } from "../../ui/panel.js";
import { metricRows } from "../metric-results.js";
import { openScore } from "./score-drawer.js";
import { TITLES, plain, scoreText, titleOf } from "../../ui/score-text.js";

const POLL_MILLISECONDS = 3000;

/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("../../types").MetricRow} MetricRow */

/** @param {Session} session @param {AbortSignal} signal */
export function createScores(session, signal) {
  const { model } = session;
  /** @type {MetricRow[]} */
  let rows = [];
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  const read = latest(() => metricRows(session, true));
  /** While scores are queued or computed the table is read again. @type {import("../../core/poll.js").Poll | null} */
  let polling = null;
  async function show() {
    try {
      rows = await read();
    } catch (error) {
      if (isAbort(error)) return;
      place.replaceChildren(
        missing("The metrics could not be read", error instanceof Error ? error.message : String(error)),
      );
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
      const before = JSON.stringify(rows);
      rows = await read();
      // the table alone: the button beside it may show the state of its job
      if (JSON.stringify(rows) !== before) place.querySelector("table")?.replaceWith(table(session, rows));
    }
    if (panel.node.isConnected && isUnderWay()) return;
    polling?.stop();
    polling = null;
  }
  function draw() {
    const how = el("code", {}, `axiscope evaluate ${model.id}`);
    const button = (/** @type {string} */ label) => evaluateButton(model.id, null, { label, onDone: show }) ?? "";
    const measured = rows.some(({ value }) => value !== null);
    if (!model.dataset && !measured) place.replaceChildren(withoutDataset());
    else if (rows.length)
      place.replaceChildren(
        table(session, rows),
        el("p", { class: "note" }, "Intervals: 95 %. ", ...(model.dataset ? ["By hand: ", how] : [])),
        model.dataset ? button("Compute all again") : withoutDataset(),
      );
    else
      place.replaceChildren(
        missing("No metric has been computed for this model", "Run ", how, ", or", button("Compute all now")),
      );
  }
  const csv = () =>
    toCsv([
      ["metric", "value", "low", "high", "chance", "mode", "seed", "n", "state", "reason"],
      ...rows.map((r) => [
        r.metric,
        r.value,
        r.interval?.[0],
        r.interval?.[1],
        r.chance,
        r.mode,
        r.seed,
        r.n,
        r.state,
        r.reason,
      ]),
    ]);
  const panel = createPanel(
    {
      title: "Scores",
      name: `${model.id}-scores`,
      exports: () => ({ csv, json: () => rows, rest: `/metrics?model=${model.id}&details=true` }),
    },
    place,
  );
  return { node: panel.node, show };
}

/**
 * @param {Session} session
 * @param {MetricRow[]} rows
 */
function table(session, rows) {
  const names = Object.keys(TITLES);
  const place = (/** @type {MetricRow} */ r) => (names.includes(r.metric) ? names.indexOf(r.metric) : names.length);
  const sorted = [...rows].sort((a, b) => place(a) - place(b) || a.mode.localeCompare(b.mode));
  return el(
    "table",
    { class: "scores" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ["score", "value", "95 %", "chance", "state"].map((h) => el("th", { scope: "col" }, h)),
      ),
    ),
    el(
      "tbody",
      {},
      sorted.map((row) =>
        el(
          "tr",
          {},
          el(
            "td",
            {},
            el(
              "button",
              { class: "link", type: "button", on: { click: () => openScore(session, row) } },
              titleOf(row.metric),
            ),
            row.mode === "parity" ? el("small", { class: "soft" }, " parity") : "",
          ),
          el("td", { class: "mono" }, el("b", {}, scoreText(row))),
          el(
            "td",
            { class: "mono soft" },
            row.interval ? spread(row.interval, row.value, (end) => plain(row, end)) : "–",
          ),
          el("td", { class: "mono soft" }, row.chance === null ? "–" : plain(row, row.chance)),
          el("td", {}, state(row)),
        ),
      ),
    ),
  );
}

/** @param {MetricRow} row */
function state(row) {
  if (row.state !== "ready")
    return el("span", { class: row.state === "failed" ? "chip bad" : "chip", title: row.reason ?? "" }, row.state);
  if (row.value === null) return el("span", { class: "chip", title: row.reason ?? "" }, "n/a");
  if (row.stale)
    return el("span", { class: "chip warn", title: "Model or metric changed since it was computed" }, "stale");
  return el(
    "span",
    { class: "good", title: `computed ${row.computed_at}` },
    "✓",
    el("span", { class: "visually-hidden" }, "ready"),
  );
}
