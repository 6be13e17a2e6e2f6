/** The drawer of one metric: what it means, its formula and source, settings, n, seed, interval, matrices. */

import { getJson } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { duration, fixed, labelOf, thousands, unitless } from "../../core/format.js";
import { openDrawer } from "../../ui/dialog.js";
import { scoreText, titleOf } from "../../ui/score-text.js";

/** @typedef {import("../../types").MetricRow} MetricRow */

/** @type {Promise<any> | null} */
let schemas = null;

/**
 * @param {import("../session.js").Session} session
 * @param {MetricRow} row
 */
export function openScore(session, row) {
  const about = el("div", { class: "about" }, el("p", { class: "soft" }, "Loading what it means …"));
  const score = el("b", { class: "mono" }, scoreText(row));
  openDrawer(
    titleOf(row.metric),
    [score],
    [row.reason && el("p", { class: "notice" }, row.reason), about, facts(row), ...matrices(session, row)],
  );
  schemas ??= getJson("/api/v1/schemas");
  schemas
    .then((all) => {
      const metric = all.metrics?.[row.metric];
      about.replaceChildren(...meaning(metric?.info ?? null, metric?.source ?? ""));
    })
    .catch(() => {
      about.replaceChildren();
      schemas = null;
    });
}

/**
 * @param {import("../../types").MetricInfo | null} info
 * @param {string} source
 */
function meaning(info, source) {
  if (!info) return source ? [el("p", { class: "soft" }, source)] : [];
  const range =
    info.best !== null && info.worst !== null
      ? `From ${info.worst} (worst) to ${info.best} (best).`
      : info.higher_is_better
        ? "Higher is better."
        : "Lower is better.";
  return [
    el("p", {}, info.definition),
    el("pre", { class: "formula" }, info.formula),
    el("p", {}, el("b", {}, "Source. "), info.citation),
    el("p", {}, el("b", {}, "What it does not see. "), info.misses),
    el("p", { class: "soft" }, range, info.unit ? ` Unit: ${info.unit}.` : ""),
  ];
}

/** @param {MetricRow} row */
function facts(row) {
  const settings =
    row.details?.settings && Object.keys(row.details.settings).length ? row.details.settings : row.parameters;
  /** @type {[string, string][]} */
  const list = [
    ["95 % interval", row.interval ? `${fixed(row.interval[0], 4)} to ${fixed(row.interval[1], 4)}` : "not given"],
    ["chance level", row.chance === null ? "not given" : unitless(row.chance, 3)],
    ["mode", row.mode],
    ["n", row.n === null ? "–" : thousands(row.n)],
    ["seed", String(row.seed)],
    [
      "computed",
      `${row.computed_at === null ? row.state : new Date(row.computed_at).toLocaleString()}${row.seconds === null ? "" : ` in ${duration(row.seconds)}`}`,
    ],
    ...Object.entries(settings ?? {}).map(
      ([key, value]) =>
        /** @type {[string, string]} */ ([
          labelOf(key),
          typeof value === "object" ? JSON.stringify(value) : String(value),
        ]),
    ),
  ];
  return el(
    "dl",
    { class: "facts" },
    list.flatMap(([key, value]) => [el("dt", {}, key), el("dd", { class: "mono" }, value)]),
  );
}

/**
 * Matrices (latents x factors) and lists of the details, as tables with shaded cells.
 * @param {import("../session.js").Session} session
 * @param {MetricRow} row
 */
function matrices(session, row) {
  const names = session.sample?.factor_names ?? session.model.factor_names;
  return Object.entries(row.details ?? {}).flatMap(([key, value]) => {
    if (typeof value === "number")
      return [el("p", {}, `${labelOf(key)}: `, el("b", { class: "mono" }, fixed(value, 4)))];
    if (!Array.isArray(value) || !Array.isArray(value[0]) || typeof value[0][0] !== "number") return [];
    const top = Math.max(...value.flat().map(Math.abs), 1e-9);
    const head =
      value[0].length === names.length
        ? names.map(labelOf)
        : value[0].map((/** @type {number} */ _, /** @type {number} */ k) => String(k));
    return [
      el("h3", {}, labelOf(key)),
      el(
        "div",
        { class: "scroll", tabIndex: 0, role: "region", "aria-label": labelOf(key) },
        el(
          "table",
          { class: "matrix" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              el("th", {}, ""),
              head.map((/** @type {string} */ h) => el("th", { scope: "col" }, h)),
            ),
          ),
          el(
            "tbody",
            {},
            value.map((/** @type {number[]} */ cells, /** @type {number} */ i) =>
              el(
                "tr",
                {},
                el("th", { scope: "row" }, `z${i}`),
                cells.map((v) =>
                  el(
                    "td",
                    { class: "mono", style: `background:rgba(var(--hot),${(0.45 * Math.abs(v)) / top})` },
                    unitless(v),
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
    ];
  });
}
