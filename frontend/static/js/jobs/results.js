/** Scores of the finished runs of a sweep: one score against a varied setting. */

import { getJson } from "../core/api.js";
import { labelOf } from "../core/format.js";
import { html, render } from "../core/html.js";
import { LEGEND_BELOW } from "../figures/legend.js";
import { axisTitle } from "../figures/pareto.js";
import { deviation, mean } from "../math/summary.js";
import { figurePanel } from "../ui/figure-panel.js";
import { selectField } from "../ui/filters.js";
import { axisLabel } from "./schema-form.js";
import { indicesAt, noScoresText } from "./sweep.js";

/**
 * @typedef {import("../types").Sweep} Sweep
 * @typedef {import("../types").SweepCell} SweepCell
 */

export function sweepResults() {
  const node = document.createElement("div");
  node.className = "sweep-results";
  /** @type {{rows: any[], metrics: any[]} | null} */
  let table = null;
  /** @type {Sweep | null} */
  let sweep = null;
  /** @type {SweepCell[]} */
  let cells = [];
  const chosen = { metric: "mig", axis: 0 };
  /** Number of evaluations whose scores are drawn. */
  let drawn = 0;

  const axis = () => sweep?.axes[chosen.axis] ?? { name: "", values: [] };
  const points = () => {
    const rows = new Map((table?.rows ?? []).map((row) => [row.id, row]));
    return axis().values.map((value, index) => {
      const scores = cells
        .filter(({ model, position }) => model && indicesAt(sweep?.axes ?? [], position)[chosen.axis] === index)
        .map(({ model }) => rows.get(model)?.cells[chosen.metric]?.score)
        .filter((score) => typeof score === "number");
      return { value, scores };
    });
  };
  const controls = document.createElement("span");
  controls.className = "controls";
  const panel = figurePanel({
    title: "Scores as they come",
    name: "sweep-results",
    make: (palette) =>
      figure(
        points(),
        axis().name,
        table?.metrics.find(({ name }) => name === chosen.metric),
        palette,
      ),
    rows: () => [
      [axis().name, chosen.metric],
      ...points().flatMap(({ value, scores }) => scores.map((score) => [value, score])),
    ],
    controls: [controls],
    note: "One point a finished run; line: mean over all runs with that value, with one standard deviation.",
  });

  /** @param {Partial<typeof chosen>} patch */
  function change(patch) {
    Object.assign(chosen, patch);
    panel.draw();
  }
  function drawControls() {
    const metrics = (table?.metrics ?? []).map(({ name, title }) => [name, title]);
    const axes = (sweep?.axes ?? []).map(({ name }, at) => [String(at), axisLabel(name)]);
    const content = [
      selectField("Score", metrics, chosen.metric, (value) => change({ metric: value })),
      selectField("Across", axes, String(chosen.axis), (value) => change({ axis: Number(value) })),
    ];
    render(content, controls);
  }
  return {
    node,
    destroy: panel.destroy,
    /** Whether the scores of all evaluations that succeeded are drawn. */
    isComplete: () => drawn === cells.filter(({ evaluation }) => evaluation?.state === "succeeded").length,
    /**
     * @param {Sweep} nextSweep
     * @param {SweepCell[]} nextCells
     * @param {AbortSignal} signal
     */
    async refresh(nextSweep, nextCells, signal) {
      // The mean is over seeds: another axis shows more.
      if (!sweep)
        chosen.axis = Math.max(
          0,
          nextSweep.axes.findIndex(({ name }) => name !== "seed"),
        );
      sweep = nextSweep;
      cells = nextCells;
      const trained = cells.filter((cell) => cell.state === "succeeded" && cell.model);
      const scored = trained.filter(({ evaluation }) => evaluation?.state === "succeeded");
      if (!scored.length) render(html`<p class="card empty">${noScoresText(trained)}</p>`, node);
      if (scored.length === drawn) return;
      const models = trained.map((cell) => cell.model);
      const query = { model: models.slice(0, 400).join(","), limit: 400 };
      table = await getJson("/api/v1/scores", { query, signal });
      if (signal.aborted) return;
      drawn = scored.length;
      const isKnown = (/** @type {string} */ name) => table?.rows.some(({ cells: row }) => row[name]?.score != null);
      const first = table?.metrics.find(({ name }) => isKnown(name)); // a sweep may compute other scores than MIG
      if (first && !isKnown(chosen.metric)) chosen.metric = first.name;
      drawControls();
      const link = html`<a class="btn" href="/scores?m=${models.slice(0, 60).join(",")}">Open in Scores</a>`;
      render(
        html`${panel.node}
          <p>${link}</p>`,
        node,
      );
      await panel.draw();
    },
  };
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
  const name = labelOf(axis.split(".").pop() ?? axis);
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
      margin: { l: 64, r: 12, t: 40, b: 12 },
      xaxis: {
        title: { text: name },
        automargin: true,
        type: "category",
        categoryorder: "array",
        categoryarray: points.map(({ value }) => String(value)),
      },
      yaxis: { title: { text: metric ? axisTitle(metric) : "score", standoff: 8 }, automargin: true },
      showlegend: true,
      legend: LEGEND_BELOW,
    },
  };
}
