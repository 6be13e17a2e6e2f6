import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { press, setPage, settle } from "./page.js";

const observers = new Set();
globalThis.ResizeObserver = class {
  observe() {
    observers.add(this);
  }

  disconnect() {
    observers.delete(this);
  }
};
const { createChart, loadPlotly } = await import("../../frontend/static/js/ui/chart.js");
const { chooseTheme } = await import("../../frontend/static/js/core/theme.js");
const { placeAfter, placesOf, pointsBetween, textOf, pointAt } =
  await import("../../frontend/static/js/math/chart-points.js");

const AXIS = { _offset: 0, d2p: Number, range: [0, 1] };
/** What was done with the library. @type {string[]} */
let done;
const plotly = {
  async react(node, data) {
    done.push("react");
    Object.assign(node, { data, on: () => {}, _fullLayout: { xaxis: AXIS, yaxis: { ...AXIS, range: [1, 0] } } });
  },
  purge: () => done.push("purge"),
};
/** Let the script of Plotly come, or fail. @param {"onload" | "onerror"} how */
async function arrive(how) {
  window.Plotly = plotly;
  scripts.pop()[how]();
  assert.equal(scripts.length, 0);
  await settle();
}
/** Scripts that were put into the page; the test says how they arrive. @type {any[]} */
const scripts = [];
document.head.append = (script) => scripts.push(script);

const HEAT = {
  type: "heatmap",
  z: [
    [0.1, 0.2],
    [0.3, 0.4],
  ],
  customdata: [
    [
      [2, 0, "hue"],
      [2, 1, "size"],
    ],
    [
      [5, 0, "hue"],
      [5, 1, "size"],
    ],
  ],
  hovertemplate: "z%{customdata[0]} and %{customdata[2]}: %{z:.3f}<extra></extra>",
};

beforeEach(() => {
  done = [];
  setPage("<main></main>");
});

test("a load of Plotly that failed is tried again at the next chart, and on request", async () => {
  const first = assert.rejects(loadPlotly(), /not installed/);
  await arrive("onerror");
  await first;
  const chart = createChart("A chart");
  document.body.append(chart.node);
  const drawn = chart.draw(() => ({ data: [HEAT], layout: {} }));
  await arrive("onerror");
  await drawn;
  chart.node.querySelector("button").click();
  await arrive("onload");
  assert.deepEqual(done, ["react"]);
  assert.equal(chart.node.querySelector(".empty"), null);
});

test("a destroyed chart is purged and has no listeners", async () => {
  const chart = createChart("A chart");
  document.body.append(chart.node);
  await chart.draw(() => ({ data: [HEAT], layout: {} }));
  assert.equal(observers.size, 2);
  chart.destroy();
  chooseTheme("dark");
  await settle();
  assert.deepEqual(
    done.filter((what) => what === "purge"),
    ["purge"],
  );
  assert.equal(done.filter((what) => what === "react").length, 1, "it does not follow the theme");
  assert.equal(observers.size, 1);
});

test("the cells of a heat map are reached with arrow keys and read out; Enter is the click", async () => {
  const clicked = [];
  const chart = createChart("A chart", { onClick: (point) => clicked.push(point.customdata) });
  document.querySelector("main").append(chart.node);
  await chart.draw(() => ({ data: [HEAT], layout: {} }));
  assert.deepEqual([chart.node.tabIndex, chart.node.getAttribute("role")], [0, "application"]);
  assert.match(document.getElementById(chart.node.getAttribute("aria-describedby")).textContent, /Arrow keys/);
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "Enter"]) press(chart.node, key);
  assert.deepEqual(clicked, [[5, 1, "size"]]);
  assert.equal(chart.node.querySelector("[role=status]").textContent, "z5 and size: 0.4");
  assert.equal(press(chart.node, "Tab"), true, "Tab leaves the chart");
});

test("Shift and arrows choose all points between two", async () => {
  const chosen = [];
  const chart = createChart("A map", { onSelect: (points) => chosen.push(points.map((p) => p.pointNumber)) });
  document.querySelector("main").append(chart.node);
  const points = { type: "scatter", mode: "markers", x: [0, 1, 2, 0, 1, 2], y: [0, 0, 0, 1, 1, 1] };
  await chart.draw(() => ({ data: [points], layout: {} }));
  press(chart.node, "Home");
  press(chart.node, "ArrowRight", { shiftKey: true });
  press(chart.node, "ArrowDown", { shiftKey: true });
  assert.deepEqual(chosen, [
    [0, 1],
    [0, 1, 3, 4],
  ]);
});

test("every point is reached by Page Down, except those of traces without hover text", () => {
  const traces = [HEAT, { type: "bar", x: [1, 2], y: [3, null] }, { x: [1], y: [1], hoverinfo: "skip" }];
  const seen = [];
  let place = placeAfter(traces, null, "PageDown", false);
  for (let n = 0; n < 8; n += 1) {
    seen.push(`${place.curve}:${place.at}`);
    place = placeAfter(traces, place, "PageDown", false);
  }
  assert.deepEqual([...new Set(seen)], ["0:0,0", "0:0,1", "0:1,0", "0:1,1", "1:0"]);
  assert.equal(placesOf(traces).length, 5);
});

test("arrows follow a line and go to the next one; among separate points they go to the nearest", () => {
  const lines = [0, 1].map((k) => ({ mode: "lines", x: [0, 1, 2], y: [k, k, k] }));
  const second = placeAfter(lines, { curve: 0, at: [1] }, "ArrowDown", false);
  assert.deepEqual(second, { curve: 1, at: [1] });
  assert.deepEqual(placeAfter(lines, second, "ArrowRight", false), { curve: 1, at: [2] });
  const loose = [{ mode: "markers", x: [0, 1, 5, 1], y: [0, 0.1, 0, 5] }];
  assert.deepEqual(placeAfter(loose, { curve: 0, at: [0] }, "ArrowRight", false).at, [1]);
  assert.deepEqual(placeAfter(loose, { curve: 0, at: [1] }, "ArrowUp", false).at, [3]);
  assert.deepEqual(placeAfter(loose, { curve: 0, at: [2] }, "ArrowRight", false).at, [2]);
  assert.equal(pointsBetween(loose, { curve: 0, at: [0] }, { curve: 0, at: [1] }).length, 2);
  assert.equal(textOf(pointAt([{ name: "mig", x: [1], y: [0.5] }], { curve: 0, at: [0] })), "mig, 1, 0.5");
});
