/** Results of a sweep as they come: scores of the finished models, and one score against a varied setting. */

import { getJson } from "../core/api.js";
import { el } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { axisLabel } from "./schema-form.js";
import { deviation, mean } from "../math/summary.js";
import { axisTitle } from "../figures/pareto.js";
import { update } from "../core/update.js";
import { figurePanel } from "../ui/figure-panel.js";

/**
 * @typedef {import("../types").Sweep} Sweep
 * @typedef {import("../types").SweepCell} SweepCell
 */

export function sweepResults() {
  const node = el("div", { style: "margin-top: 16px" });
  /** @type {{rows: any[], metrics: any[]} | null} */
  let table = null;
  /** @type {Sweep | null} */
  let sweep = null;
  /** @type {SweepCell[]} */
  let cells = [];
  const chosen = { metric: "mig", axis: 0 };
  /** Number of evaluations that have ended well and whose scores are drawn. */
  let drawn = 0;

  const points = () => {
    const axis = sweep?.axes[chosen.axis];
    const rows = new Map((table?.rows ?? []).map((row) => [row.id, row]));
    return (axis?.values ?? []).map((value, index) => {
      const scores = cells
        .filter((cell) => cell.model && place(/** @type {Sweep} */ (sweep), cell.position)[chosen.axis] === index)
        .map((cell) => rows.get(cell.model)?.cells[chosen.metric]?.score)
        .filter((score) => typeof score === "number");
      return { value, scores };
    });
  };
  const panel = figurePanel({
    title: "Results as they come",
    name: "sweep-results",
    make: (palette) =>
      figure(
        points(),
        sweep?.axes[chosen.axis]?.name ?? "",
        table?.metrics.find(({ name }) => name === chosen.metric),
        palette,
      ),
    rows: () => [
      [sweep?.axes[chosen.axis]?.name ?? "", chosen.metric],
      ...points().flatMap(({ value, scores }) => scores.map((score) => [value, score])),
    ],
    controls: [],
    note: "One point a finished run; line: mean over all runs with that value, with one standard deviation.",
  });

  return {
    node,
    /** Whether the scores of all evaluations that succeeded are drawn. */
    isComplete: () => drawn === cells.filter(({ evaluation }) => evaluation?.state === "succeeded").length,
    /**
     * @param {Sweep} now
     * @param {SweepCell[]} all
     * @param {AbortSignal} signal
     */
    async look(now, all, signal) {
      if (!sweep) {
        const told = now.axes.findIndex(({ name }) => name !== "seed"); // seeds are folded: the setting tells more
        chosen.axis = Math.max(0, told);
      }
      sweep = now;
      cells = all;
      const trained = all.filter((cell) => cell.state === "succeeded" && cell.model);
      const scored = trained.filter(({ evaluation }) => evaluation?.state === "succeeded");
      if (!scored.length) {
        update(node, [el("p", { class: "card empty" }, waitingWords(trained))]);
        return;
      }
      const models = trained.map((cell) => cell.model);
      if (scored.length === drawn && node.contains(panel.node)) return;
      const query = { model: models.slice(0, 400).join(","), limit: 400 };
      table = await getJson("/api/v1/scores", { query, signal });
      if (signal.aborted) return;
      drawn = scored.length;
      const known = (/** @type {any} */ { name }) => table?.rows.some(({ cells: row }) => row[name]?.score != null);
      const first = table?.metrics.find(known); // a sweep may compute other scores than the one shown first
      if (first && !known({ name: chosen.metric })) chosen.metric = first.name;
      if (!node.contains(panel.node)) {
        panel.node.querySelector(".bar .grow")?.after(...controls());
        node.replaceChildren(
          panel.node,
          el("p", {}, el("a", { class: "btn", href: `/scores?m=${models.slice(0, 60).join(",")}` }, "Open in Scores")),
        );
      }
      await panel.draw();
    },
  };

  function controls() {
    const metric = el(
      "select",
      { on: { change: () => ((chosen.metric = metric.value), panel.draw()) } },
      (table?.metrics ?? []).map(({ name, title }) =>
        el("option", { value: name, selected: name === chosen.metric }, title),
      ),
    );
    const axis = el(
      "select",
      { on: { change: () => ((chosen.axis = axis.selectedIndex), panel.draw()) } },
      (sweep?.axes ?? []).map(({ name }) =>
        el("option", { selected: name === sweep?.axes[chosen.axis]?.name }, axisLabel(name)),
      ),
    );
    return [el("label", { class: "field" }, "Score", metric), el("label", { class: "field" }, "Across", axis)];
  }
}

/**
 * What stands where no score is yet.
 * @param {SweepCell[]} trained
 */
function waitingWords(trained) {
  if (!trained.length) return "Scores appear here when the first run is trained and evaluated.";
  const open = trained.filter(({ evaluation }) => ["queued", "running"].includes(evaluation?.state ?? "")).length;
  const runs = (/** @type {number} */ n) => `${n} ${n === 1 ? "trained run" : "trained runs"}`;
  if (open) return `Evaluating ${runs(open)}: scores appear here when the first evaluation has ended.`;
  if (trained.some(({ evaluation }) => evaluation))
    return `No scores: the evaluations of ${runs(trained.length)} did not end well. The cells above lead to them.`;
  return "This sweep was queued without evaluations: compute scores on the pages of the models.";
}

/**
 * Index on each axis of a position; the last axis varies fastest.
 * @param {Sweep} sweep
 * @param {number} position
 */
function place(sweep, position) {
  let rest = position;
  return [...sweep.axes]
    .reverse()
    .map(({ values }) => {
      const index = rest % values.length;
      rest = Math.floor(rest / values.length);
      return index;
    })
    .reverse();
}

/**
 * @param {{value: any, scores: number[]}[]} points
 * @param {string} axis
 * @param {any} metric
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
function figure(points, axis, metric, palette) {
  const known = points.filter(({ scores }) => scores.length);
  const name = spoken(axis.split(".").pop() ?? axis);
  return {
    data: [
      {
        type: "scatter",
        mode: "markers",
        name: "one run",
        x: known.flatMap(({ value, scores }) => scores.map(() => String(value))),
        y: known.flatMap(({ scores }) => scores),
        marker: { color: palette.series[0], size: 7, opacity: 0.7 },
      },
      {
        type: "scatter",
        mode: "lines+markers",
        name: "mean",
        x: known.map(({ value }) => String(value)),
        y: known.map(({ scores }) => mean(scores)),
        error_y: {
          type: "data",
          array: known.map(({ scores }) => deviation(scores) || 0),
          color: palette.soft,
          thickness: 1,
        },
        line: { color: palette.series[1], width: 2 },
        marker: { symbol: "diamond", size: 8 },
      },
    ],
    layout: {
      title: { text: `${metric?.title ?? "Score"} against ${name}`, font: { size: 13 }, x: 0, xref: "paper" },
      height: 380,
      margin: { l: 64, r: 12, t: 40, b: 90 },
      xaxis: {
        title: { text: name },
        type: "category",
        categoryorder: "array",
        categoryarray: points.map(({ value }) => String(value)),
      },
      yaxis: { title: { text: metric ? axisTitle(metric) : "score" } },
      showlegend: true,
      legend: { orientation: "h", y: -0.24, yanchor: "top" },
    },
  };
}
