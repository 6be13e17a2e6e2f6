import assert from "node:assert/strict";
import { test } from "node:test";
import { clearlyBest, clearWinners } from "../../frontend/static/js/math/winners.js";
import { valueText } from "../../frontend/static/js/ui/score-text.js";
import { missingPages, visibleColumns, visibleRows } from "../../frontend/static/js/scores/row-source.js";

test("only the rows near the window are drawn, however long the table", () => {
  assert.deepEqual(visibleRows({ scrollTop: 40_000, viewport: 800, rowHeight: 40, total: 12_000, margin: 5 }), {
    first: 995,
    last: 1025,
  });
  assert.deepEqual(visibleRows({ scrollTop: 0, viewport: 800, rowHeight: 40, total: 3 }), {
    first: 0,
    last: 3,
  });
  assert.deepEqual(visibleRows({ scrollTop: 900, viewport: 800, rowHeight: 40, total: 0 }), {
    first: 0,
    last: 0,
  });
});

test("only the columns near the window are drawn, and one more on each side", () => {
  assert.deepEqual(visibleColumns({ scrollLeft: 0, viewport: 1200, width: 130, total: 23 }), { first: 0, last: 11 });
  assert.deepEqual(visibleColumns({ scrollLeft: 650, viewport: 390, width: 130, total: 23 }), { first: 4, last: 9 });
  assert.deepEqual(visibleColumns({ scrollLeft: 2500, viewport: 390, width: 130, total: 23 }), { first: 18, last: 23 });
  assert.deepEqual(visibleColumns({ scrollLeft: 0, viewport: -20, width: 130, total: 0 }), { first: 0, last: 0 });
});

test("a page is fetched once", () => {
  assert.deepEqual(
    missingPages({ first: 150, last: 405 }, 100, (page) => page === 2),
    [1, 3, 4],
  );
  assert.deepEqual(
    missingPages({ first: 0, last: 0 }, 100, () => false),
    [],
  );
});

test("bold needs an interval that overlaps no other", () => {
  /** @type {(import("../../frontend/static/js/math/winners.js").Cell | null)[]} */
  const cells = [{ score: 0.5, interval: [0.45, 0.55] }, { score: 0.7, interval: [0.6, 0.8] }, null, { score: null }];
  assert.equal(clearlyBest(cells, true), 1);
  assert.equal(clearlyBest([...cells, { score: 0.58, interval: [0.52, 0.61] }], true), -1);
  assert.equal(clearlyBest(cells, false), 0);
  assert.equal(clearlyBest([cells[0]], true), -1);
});

test("models of different data sets do not compete", () => {
  /** @type {[number, number]} */
  const narrow = [0.19, 0.21];
  const cells = [{ score: 0.9 }, { score: 0.5 }, { score: 0.2, interval: narrow }, { score: 0.1 }, { score: 1 }];
  assert.deepEqual([...clearWinners(cells, ["a", "a", "b", "b", null], true)], [0, 2]);
  assert.deepEqual([...clearWinners(cells, ["a", "b", "c", null, null], true)], []);
});

test("a narrow interval and a low chance level in nats are not written as zero", () => {
  const nats = { best: null, worst: null };
  assert.equal(valueText(4.214, nats), "4.21");
  assert.equal(valueText(0.031, nats), "0.031");
  assert.equal(valueText(0.0004, nats), "4.0e-4");
  assert.equal(valueText(12_345.6, nats), "12346");
  assert.equal(valueText(0.25, { best: 1, worst: 0 }), ".250");
});
