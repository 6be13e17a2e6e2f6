import assert from "node:assert/strict";
import { test } from "node:test";
import { correlate, pearson, ranks } from "../../frontend/static/js/figures/correlation.js";
import { paretoFront } from "../../frontend/static/js/figures/pareto.js";
import { band, box, deviation, interpolate, quantile } from "../../frontend/static/js/math/summary.js";

test("quantiles interpolate as NumPy does", () => {
  assert.equal(quantile([1, 2, 3, 4], 0.25), 1.75);
  assert.equal(quantile([5], 0.9), 5);
});

test("a box has Tukey's whiskers and lists the outliers", () => {
  const found = box([1, 2, 3, 4, 5, 100, NaN]);
  assert.deepEqual(found, { n: 6, low: 1, q1: 2.25, median: 3.5, q3: 4.75, high: 5, outliers: [100] });
  assert.equal(box([NaN]), null);
});

test("one value has no deviation", () => {
  assert.ok(Number.isNaN(deviation([3])));
  assert.equal(deviation([1, 3]), Math.SQRT2);
});

test("a curve is linear between its points and null beyond them", () => {
  assert.equal(interpolate([0, 10, 20], [0, 5, 0], 15), 2.5);
  assert.equal(interpolate([0, 10], [0, 5], 11), null);
});

test("the band of curves with other steps is taken on the steps of the first", () => {
  const found = band([
    { x: [0, 10, 20], y: [0, 10, 20] },
    { x: [0, 20], y: [2, 22] },
  ]);
  assert.deepEqual(found.x, [0, 10, 20]);
  assert.deepEqual(found.mean, [1, 11, 21]);
  found.deviation.forEach((value) => assert.ok(Math.abs(value - Math.SQRT2) < 1e-12));
});

test("the front has every point that no other beats, and nothing else", () => {
  const points = [
    { x: 1, y: 1 },
    { x: 2, y: 3 },
    { x: 3, y: 2 },
    { x: 4, y: 5 },
    { x: NaN, y: 9 },
  ];
  assert.deepEqual(paretoFront(points, { x: "low", y: "high" }), [0, 1, 3]);
  assert.deepEqual(paretoFront(points, { x: "low", y: "low" }), [0]);
});

test("equal points are either all on the front or none", () => {
  const points = [
    { x: 1, y: 1 },
    { x: 1, y: 1 },
    { x: 2, y: 1 },
  ];
  assert.deepEqual(paretoFront(points, { x: "low", y: "high" }), [0, 1]);
});

test("correlation of exact lines, constants and columns with gaps", () => {
  assert.ok(Math.abs(pearson([1, 2, 3], [2, 4, 6]) - 1) < 1e-12);
  assert.equal(pearson([1, 2, 3], [5, 5, 5]), null);
  const { value, n } = correlate(
    [
      [1, 2, 3, null, 5],
      [1, 4, 9, 16, 25],
    ],
    "spearman",
  );
  assert.ok(Math.abs(value[0][1] - 1) < 1e-12);
  assert.equal(n[0][1], 4);
});

test("ties share their mean rank", () => {
  assert.deepEqual(ranks([10, 20, 10, 30]), [1.5, 3, 1.5, 4]);
});
