import assert from "node:assert/strict";
import { test } from "node:test";
import { isAbort, latest } from "../../frontend/static/js/core/latest.js";

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
