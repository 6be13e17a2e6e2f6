import assert from "node:assert/strict";
import { test } from "node:test";
import { movement, sweepIndices } from "../../frontend/static/js/math/factors.js";

test("a sweep visits every value of its factor and leaves the others alone", () => {
  assert.deepEqual(sweepIndices([1, 0, 2], [2, 3, 4]), [
    [2, 14],
    [14, 18, 22],
    [12, 13, 14, 15],
  ]);
});

test("movement is measured in the latent's own spread, and a dead latent never moves", () => {
  const codes = [
    [0, 1, 0.01],
    [2, 1, -0.01],
  ];
  assert.deepEqual(movement(codes, [0.5, 1, 0]), [2, 0, 0]);
  assert.deepEqual(movement([], [1]), [0]);
});
