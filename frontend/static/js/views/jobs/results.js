/** Results of a sweep as they come: scores of the finished models, and one score against a varied setting. */

import { getJson } from "../../api.js";
import { el } from "../../dom.js";
import { spoken } from "../../math/format.js";
import { deviation, mean } from "../../math/summary.js";
import { axisTitle } from "../../math/figures/front.js";
import { figurePanel } from "../figure-panel.js";

/**
 * @typedef {import("../../types-jobs").Sweep} Sweep
 * @typedef {import("../../types-jobs").SweepCell} SweepCell
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
  let seen = "";
  let asked = 0;

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
    /**
     * @param {Sweep} now
     * @param {SweepCell[]} all
     */
    async look(now, all) {
      if (!sweep) {
        const told = now.axes.findIndex(({ name }) => name !== "seed"); // seeds are folded: the setting tells more
        chosen.axis = Math.max(0, told);
      }
      sweep = now;
      cells = all;
      const models = all.filter((cell) => cell.state === "succeeded" && cell.model).map((cell) => cell.model);
      if (!models.length) {
        node.replaceChildren(
          el("p", { class: "card empty" }, "Scores appear here when the first run is trained and evaluated."),
        );
        return;
      }
      const key = models.join();
      if (key === seen && Date.now() - asked < 6000) return;
      [seen, asked] = [key, Date.now()];
      table = await getJson("/api/v1/scores", { query: { model: models.slice(0, 400).join(","), limit: 400 } });
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
        el("option", { selected: name === sweep?.axes[chosen.axis]?.name }, spoken(name)),
      ),
    );
    return [el("label", { class: "field" }, "Score", metric), el("label", { class: "field" }, "Across", axis)];
  }
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
 * @param {import("../../math/figures/palette").Palette} palette
 * @returns {import("../../math/figures/palette").Figure}
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
