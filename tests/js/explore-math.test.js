import assert from "node:assert/strict";
import { test } from "node:test";
import { fromIndex, toIndex, valueText } from "../../frontend/static/js/math/factors.js";
import { fitDirections, leastSquares } from "../../frontend/static/js/math/direction.js";
import { createHistory } from "../../frontend/static/js/core/store.js";
import * as latents from "../../frontend/static/js/math/latents.js";
import { readNpy, writeNpy } from "../../frontend/static/js/formats/npy.js";
import {
  difference,
  diverging,
  interleavedToRgba,
  meanSquaredError,
  planesToRgba,
} from "../../frontend/static/js/math/pixels.js";
import { normal } from "../../frontend/static/js/math/random.js";

const statistics = (kl, extra = {}) => ({
  mean: 0.5,
  std: 1,
  minimum: -3,
  maximum: 4,
  quantiles: [-2, -1, 0, 0.5, 1, 2, 3],
  kl_nats: kl,
  mean_sigma: 0.3,
  state: "active",
  best_factor: null,
  best_correlation: 0.1 * kl,
  correlations: {},
  ...extra,
});

test("slider ranges are those of the source papers", () => {
  const s = statistics(1);
  assert.deepEqual(latents.rangeOf("data", s, 0), [-2, 3]);
  assert.deepEqual(latents.rangeOf("sigma2", s, 0), [-1.5, 2.5]);
  assert.deepEqual(latents.rangeOf("mu1", s, 2), [1, 3]);
  assert.deepEqual(latents.rangeOf("-1.5:2", s, 0), [-1.5, 2]);
  assert.deepEqual(latents.rangeOf("nonsense", s, 0), [-2, 3]);
});

test("the slider of a dead latent has a range", () => {
  const [low, high] = latents.rangeOf("data", statistics(0, { quantiles: [0.49, 0.5, 0.51] }), 0);
  assert.ok(high - low >= 1);
});

test("rows are ordered by KL, and the index breaks ties", () => {
  const all = [statistics(0.2), statistics(3), statistics(0.2)];
  assert.deepEqual(latents.orderOf("kl", all), [1, 0, 2]);
  assert.deepEqual(latents.orderOf("index", all), [0, 1, 2]);
  assert.deepEqual(latents.orderOf("manual", all, { manual: [2, 0] }), [2, 0, 1]);
  assert.deepEqual(latents.orderOf("importance", all, { importance: [1, 5, 9] }), [2, 1, 0]);
});

test("latents of an autoencoder, which has no KL, are ordered by variance", () => {
  const all = [0.5, 2, 1].map((std) => statistics(null, { std }));
  assert.deepEqual(latents.orderOf("kl", all), [1, 2, 0]);
  assert.equal(latents.reasonOf(all[0]), "active: KL none: an autoencoder has no KL");
});

test("density is scaled to a maximum of one and ignores values outside its range", () => {
  const bins = latents.density([0, 0, 0.1, 5, 99], -1, 1, 4);
  assert.equal(Math.max(...bins), 1);
  assert.equal(bins.indexOf(1), 2);
});

test("index and classes of a complete grid are each other's inverse", () => {
  const sizes = [10, 10, 10, 8, 4, 15];
  assert.equal(toIndex(fromIndex(211453, sizes), sizes), 211453);
  assert.deepEqual(fromIndex(479999, sizes), [9, 9, 9, 7, 3, 14]);
});

test("classes are written with words and units", () => {
  const factor = { name: "a", size: 2, values: [0.8333, "cube"], kind: "ordinal", unit: "rad" };
  assert.equal(valueText(factor, 0), "0.83 rad");
  assert.equal(valueText(factor, 1), "cube");
});

test("an npy file that was written is read back", () => {
  const { shape, data } = readNpy(writeNpy(Float32Array.from([1, 2.5, -3, 4, 5, 6]), [2, 3]).buffer);
  assert.deepEqual(shape, [2, 3]);
  assert.deepEqual([...data], [1, 2.5, -3, 4, 5, 6]);
});

test("a file that is not npy is refused with a message", () => {
  assert.throws(() => readNpy(new Uint8Array(64).buffer), /without the npy signature/);
});

test("undo and redo go through commits, and a new commit removes those that were undone", () => {
  const history = createHistory(0);
  [1, 2, 2, 3].forEach((v) => history.commit(v));
  assert.equal(history.undo(), 2);
  assert.equal(history.undo(), 1);
  assert.equal(history.redo(), 2);
  history.commit(9);
  assert.equal(history.canRedo, false);
  assert.equal(history.undo(), 2);
});

test("one channel becomes grey, three keep their order", () => {
  const out = new Uint8ClampedArray(8);
  planesToRgba(Float32Array.from([0, 1, 0.5, 0, 1, 0]), 0, 2, 3, out, 0);
  assert.deepEqual([...out], [0, 128, 255, 255, 255, 0, 0, 255]);
  assert.deepEqual([...interleavedToRgba([1, 0], 1)], [255, 255, 255, 255, 0, 0, 0, 255]);
});

test("equal pictures have a neutral difference and no error", () => {
  const a = new Uint8ClampedArray([10, 20, 30, 255]);
  assert.deepEqual([...difference(a, a)], [...diverging(0).map(Math.round), 255]);
  assert.equal(meanSquaredError(a, a), 0);
});

test("the same seed gives the same normal numbers, with mean near 0 and variance near 1", () => {
  assert.deepEqual(normal(3, 7), normal(3, 7));
  const many = normal(20000, 1);
  const mean = many.reduce((a, b) => a + b) / many.length;
  assert.ok(Math.abs(mean) < 0.03);
  assert.ok(Math.abs(many.reduce((a, b) => a + b * b, 0) / many.length - 1) < 0.05);
});

test("interpolation begins at A and ends at B, on the line and on the circle", () => {
  for (const way of [latents.linear, latents.spherical]) {
    way([3, 0], [0, 2], 0).forEach((v, i) => assert.ok(Math.abs(v - [3, 0][i]) < 1e-12));
    way([3, 0], [0, 2], 1).forEach((v, i) => assert.ok(Math.abs(v - [0, 2][i]) < 1e-12));
  }
});

test("half way on the circle the length is the mean of the lengths", () => {
  assert.ok(Math.abs(Math.hypot(...latents.spherical([3, 0], [0, 2], 0.5)) - 2.5) < 1e-12);
  assert.deepEqual(latents.spherical([0, 0], [1, 1], 0.5), [0.5, 0.5]);
});

test("least squares finds the coefficients of exact data", () => {
  const x = [
    [1, 0],
    [1, 1],
    [1, 2],
    [1, 5],
  ];
  const b = leastSquares(
    x,
    x.map(([, v]) => [3 + 2 * v, -v]),
  );
  [
    [3, 0],
    [2, -1],
  ].forEach((row, i) => row.forEach((v, j) => assert.ok(Math.abs(b[i][j] - v) < 1e-6)));
});

test("a factor that lives in one latent has a direction along it and no entanglement", () => {
  const factors = Array.from({ length: 120 }, (_, i) => [i % 4, Math.floor(i / 4) % 10, Math.floor(i / 40)]);
  const angle = (a) => (2 * Math.PI * a) / 10;
  const sample = {
    factors,
    codes: factors.map(([a, b, c]) => [a * 0.5, Math.cos(angle(b)), Math.sin(angle(b)), [4, -1, 2][c]]),
    factor_kinds: ["ordinal", "cyclic", "categorical"],
    factor_sizes: [4, 10, 3],
  };
  const { move, spread } = fitDirections(sample);
  move(0, 0, 3).forEach((v, d) => assert.ok(Math.abs(v - [1.5, 0, 0, 0][d]) < 1e-4));
  move(2, 0, 1).forEach((v, d) => assert.ok(Math.abs(v - [0, 0, 0, -5][d]) < 1e-4));
  assert.ok(spread(0, [1, 1, 1, 1]).entanglement < 1e-6);
  assert.ok(Math.abs(spread(1, [0.7, 0.7, 0.7, 0.7]).entanglement - 0.5) < 0.3);
});
