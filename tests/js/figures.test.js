import assert from "node:assert/strict";
import { test } from "node:test";
import { barsFigure } from "../../frontend/static/js/figures/bars.js";
import { boxesFigure } from "../../frontend/static/js/figures/boxes.js";
import { correlationFigure } from "../../frontend/static/js/figures/correlation.js";
import { curvesFigure } from "../../frontend/static/js/figures/curves.js";
import { withUnit } from "../../frontend/static/js/figures/loss-parts.js";
import { klFigure, lossFigure } from "../../frontend/static/js/figures/training.js";
import { frontFigure } from "../../frontend/static/js/figures/pareto.js";
import { parallelFigure } from "../../frontend/static/js/figures/parallel.js";

/** @type {import("../../frontend/static/js/types").Palette} */
const palette = {
  series: ["#111", "#222", "#333"],
  text: "#000",
  soft: "#444",
  faint: "#555",
  line: "#666",
  surface: "#fff",
  diverging: [
    [0, "#00f"],
    [1, "#f00"],
  ],
  sequential: [
    [0, "#fff"],
    [1, "#f00"],
  ],
};
const mig = { name: "mig", title: "MIG", higher_is_better: true, values: [0.1, 0.4, 0.3, null] };
const loss = {
  name: "reconstruction",
  title: "Reconstruction",
  unit: "nats",
  higher_is_better: false,
  values: [20, 30, 40, 10],
};
const models = { names: ["a", "b", "c", "d"], groups: ["vae", "vae", "beta", "beta"] };

test("every figure has a title, and axes that name quantity and unit", () => {
  const figures = [
    frontFigure(loss, mig, models, palette),
    parallelFigure([mig, loss], models, palette),
    boxesFigure(mig, models.groups, "objective", palette),
    curvesFigure(
      [{ name: "vae", curves: [{ x: [0, 1], y: [2, 1] }] }],
      { title: "Loss", unit: "nats per image" },
      palette,
    ),
    barsFigure(["MIG"], [{ name: "vae", cells: [{ score: 0.3, low: 0.2, high: 0.4 }] }], "95 % intervals", palette),
    correlationFigure([mig, loss], "spearman", palette),
  ];
  for (const { layout } of figures) {
    assert.ok(layout.title.text.length > 3);
    assert.ok(layout.xaxis.title.text);
  }
  assert.match(figures[0].layout.xaxis.title.text, /\[nats\] \(lower is better\)/);
});

test("a legend keeps clear of the plot and its height follows the entries, up to ten", () => {
  const cells = [{ score: 0.3 }];
  const bars = (/** @type {number} */ n) =>
    barsFigure(["MIG"], new Array(n).fill({ name: "vae", cells }), "95 % intervals", palette).layout;
  const { legend, xaxis, height } = bars(2);
  assert.deepEqual([legend.yref, legend.yanchor, xaxis.automargin], ["container", "bottom", true]);
  assert.equal(bars(1).height, height);
  assert.ok(bars(3).height > height);
  assert.equal(bars(40).height, bars(10).height);
});

test("the front leaves out models that another beats or that lack a score", () => {
  const [front] = frontFigure(loss, mig, models, palette).data;
  assert.deepEqual(front.x, [20, 30]);
  assert.deepEqual(front.y, [0.1, 0.4]);
});

test("each data set has a front of its own", () => {
  const datasets = ["dsprites", "dsprites", "shapes3d", "shapes3d"];
  const { data } = frontFigure(loss, mig, { ...models, datasets }, palette);
  assert.deepEqual(
    data.slice(0, 2).map(({ name, x }) => [name, x]),
    [
      ["Pareto front, dsprites", [20, 30]],
      ["Pareto front, shapes3d", [40]],
    ],
  );
});

test("a band spans one deviation to both sides of the mean over seeds", () => {
  const curves = [
    { x: [0, 10], y: [1, 3] },
    { x: [0, 10], y: [3, 5] },
  ];
  const [area, line] = curvesFigure([{ name: "vae", curves }], { title: "Loss", unit: "nats" }, palette).data;
  assert.deepEqual(line.y, [2, 4]);
  assert.ok(Math.abs(area.y[0] - (2 + Math.SQRT2)) < 1e-12);
  assert.equal(line.name, "vae (2 seeds)");
});

test("whiskers reach from the lower to the upper end of the interval", () => {
  const [bar] = barsFigure(
    ["MIG", "SAP"],
    [{ name: "vae", cells: [{ score: 0.3, low: 0.25, high: 0.45 }, { score: null }] }],
    "x",
    palette,
  ).data;
  assert.ok(Math.abs(bar.error_y.array[0] - 0.15) < 1e-12);
  assert.ok(Math.abs(bar.error_y.arrayminus[0] - 0.05) < 1e-12);
  assert.equal(bar.y[1], null);
});

test("groups without a score have no box", () => {
  const { data } = boxesFigure({ ...mig, values: [0.1, 0.2, null, null] }, models.groups, "objective", palette);
  assert.deepEqual(
    data.map(({ name }) => name),
    ["vae (2)"],
  );
});

test("parallel lines break at a gap and skip an axis without values", () => {
  const empty = { name: "sap", title: "SAP", higher_is_better: true, values: [null, null, null, null] };
  const { data, layout } = parallelFigure([mig, empty, loss], models, palette);
  assert.equal(layout.xaxis.tickvals.length, 2);
  assert.deepEqual(data[1].x, [0, 1, null, 1, null]);
});

test("a run shows one line a part and one a latent, with the chosen step marked", () => {
  const curves = {
    step: [10, 20],
    parts: { reconstruction: [3, 2], kl: [0.1, 0.2] },
    kl: [
      [0.1, 0],
      [0.2, 0],
    ],
  };
  const loss = lossFigure(curves, 10, palette);
  assert.deepEqual(
    loss.data.map(({ name }) => name),
    ["reconstruction", "kl"],
  );
  assert.equal(loss.layout.shapes[0].x0, 10);
  const kl = klFigure(curves, null, palette);
  assert.deepEqual(
    kl.data.map(({ y }) => y),
    [
      [0.1, 0.2],
      [0, 0],
    ],
  );
  assert.equal(kl.layout.yaxis.title.text, "nats per image");
  assert.deepEqual(kl.layout.shapes, []);
});

test("parts that are not in nats have an axis and a unit of their own", () => {
  const { data, layout } = lossFigure({ step: [10], parts: { tc: [0.3], d_z_perm: [0.4] } }, null, palette);
  assert.deepEqual(
    data.map(({ yaxis, hovertemplate }) => [yaxis, hovertemplate]),
    [
      ["y", "%{y:.4g}"],
      ["y2", "%{y:.4g} (mean probability)"],
    ],
  );
  assert.equal(layout.yaxis.title.text, "nats per image");
  assert.equal(layout.yaxis2.title.text, "other units");
  assert.equal(lossFigure({ step: [10], parts: { tc: [0.3] } }, null, palette).layout.yaxis2, undefined);
  assert.equal(withUnit("squared_error"), "squared error, squared intensity");
});

test("no two parts of a loss look alike", () => {
  const parts = Object.fromEntries(Array.from({ length: 18 }, (_, k) => [`part_${k}`, [1]]));
  const { data } = lossFigure({ step: [10], parts }, null, palette);
  assert.equal(new Set(data.map(({ line }) => `${line.color} ${line.dash}`)).size, 18);
});
