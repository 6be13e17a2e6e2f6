import assert from "node:assert/strict";
import { test } from "node:test";
import { createLatest, isAbort, latest } from "../../frontend/static/js/core/latest.js";

/** Work whose ends the test chooses. */
function work() {
  /** @type {{ signal: AbortSignal, resolve: (value: any) => void, reject: (error: Error) => void }[]} */
  const calls = [];
  const run = latest(
    (signal, /** @type {string} */ name) =>
      new Promise((resolve, reject) => calls.push({ signal, resolve: () => resolve(name), reject })),
  );
  return { run, calls };
}

test("the newest call wins, in whatever order the answers come", async () => {
  const { run, calls } = work();
  const first = run("first");
  const second = run("second");
  calls[1].resolve();
  assert.equal(await second, "second");
  calls[0].resolve();
  await assert.rejects(first, isAbort);
});

test("the earlier call is aborted at once", () => {
  const { run, calls } = work();
  run("first").catch(() => {});
  run("second");
  assert.equal(calls[0].signal.aborted, true);
  assert.equal(calls[1].signal.aborted, false);
});

test("an error of an earlier call is dropped like its answer; one of the newest comes through", async () => {
  const { run, calls } = work();
  const first = run("first");
  const second = run("second");
  calls[0].reject(new Error("late"));
  calls[1].reject(new Error("no connection"));
  await assert.rejects(first, isAbort);
  await assert.rejects(second, /no connection/);
});

test("cancel drops the running call", async () => {
  const { run, calls } = work();
  const only = run("only");
  run.cancel();
  calls[0].resolve();
  await assert.rejects(only, isAbort);
});

test("values are sent one at a time, and of those that wait only the newest", async () => {
  /** @type {{ value: string, resolve: (reply: string) => void, reject: (error: Error) => void }[]} */
  const sent = [];
  /** @type {string[]} */
  const shown = [];
  /** @type {string[]} */
  const failed = [];
  const push = createLatest(
    (/** @type {string} */ value) => new Promise((resolve, reject) => sent.push({ value, resolve, reject })),
    (/** @type {string} */ reply) => shown.push(reply),
    (error, value) => failed.push(value),
  );
  ["a", "b", "c"].forEach(push);
  assert.deepEqual(
    sent.map(({ value }) => value),
    ["a"],
  );
  sent[0].resolve("A");
  await new Promise(setImmediate);
  assert.deepEqual(
    sent.map(({ value }) => value),
    ["a", "c"],
  );
  push("d");
  sent[1].reject(new Error("no connection"));
  await new Promise(setImmediate);
  sent[2].resolve("D");
  await new Promise(setImmediate);
  assert.deepEqual([shown, failed, sent.length], [["A", "D"], ["c"], 3]);
});
