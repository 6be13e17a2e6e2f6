import assert from "node:assert/strict";
import { test } from "node:test";
import { addRow, emptyCurves } from "../../frontend/static/js/jobs/live-curves.js";

test("rows become curves, and a part that comes later has gaps before", () => {
  const curves = emptyCurves();
  addRow(curves, { step: 10, parts: { total: 5 }, kl: [1, 0] });
  addRow(curves, { step: 20, parts: { total: 4, tc: 2 }, kl: [2, 0] });
  assert.deepEqual(curves, {
    step: [10, 20],
    parts: { total: [5, 4], tc: [null, 2] },
    kl: [
      [1, 0],
      [2, 0],
    ],
  });
});

test("a resumed run overwrites what it repeats", () => {
  const curves = emptyCurves();
  for (const step of [10, 20, 30]) addRow(curves, { step, parts: { total: step }, kl: [step] });
  addRow(curves, { step: 20, parts: { total: 21 }, kl: [21] });
  assert.deepEqual(curves, { step: [10, 20], parts: { total: [10, 21] }, kl: [[10], [21]] });
});

test("an event without numbers adds nothing", () => {
  const curves = emptyCurves();
  addRow(curves, { step: 10 });
  assert.deepEqual(curves, emptyCurves());
});

test("a repeated row is no new point", () => {
  const curves = emptyCurves();
  addRow(curves, { step: 10, parts: { total: 5 }, kl: [1] });
  addRow(curves, { step: 14, parts: { total: 5 }, kl: [1] });
  addRow(curves, { step: 20, parts: { total: 4 }, kl: [1] });
  assert.deepEqual(curves.step, [10, 20]);
});
