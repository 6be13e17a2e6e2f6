import assert from "node:assert/strict";
import { test } from "node:test";
import { assign } from "../../frontend/static/js/compare/matching.js";

/**
 * Best total over all injections of the shorter side, by trying every one.
 * @param {number[][]} weights
 * @returns {number}
 */
function bestByBruteForce(weights) {
  const [rows, columns] = [weights.length, weights[0].length];
  /** @type {(row: number, used: Set<number>) => number} */
  const visit = (row, used) => {
    if (row === rows) return 0;
    let best = rows > columns ? visit(row + 1, used) : -Infinity;
    for (let column = 0; column < columns; column += 1) {
      if (!used.has(column)) best = Math.max(best, weights[row][column] + visit(row + 1, new Set([...used, column])));
    }
    return best;
  };
  return visit(0, new Set());
}

/** @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

test("the total is that of the best of all pairings, for square and oblong matrices", () => {
  const next = random(7);
  for (const [rows, columns] of [
    [1, 1],
    [3, 3],
    [5, 5],
    [3, 6],
    [6, 3],
    [1, 4],
    [4, 1],
  ]) {
    for (let round = 0; round < 20; round += 1) {
      const weights = Array.from({ length: rows }, () => Array.from({ length: columns }, next));
      const chosen = assign(weights);
      const total = chosen.reduce((sum, column, row) => sum + (column < 0 ? 0 : weights[row][column]), 0);
      assert.ok(Math.abs(total - bestByBruteForce(weights)) < 1e-9, `${rows}x${columns}`);
      const used = chosen.filter((column) => column >= 0);
      assert.equal(new Set(used).size, used.length);
      assert.equal(used.length, Math.min(rows, columns));
    }
  }
});

test("the largest sum is found where a greedy choice is not part of it", () => {
  assert.deepEqual(
    assign([
      [0.9, 0.8],
      [0.85, 0.1],
    ]),
    [1, 0],
  );
});

test("an empty matrix gives no pairs", () => {
  assert.deepEqual(assign([]), []);
  assert.deepEqual(assign([[], []]), [-1, -1]);
});
