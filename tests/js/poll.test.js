import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { setHidden, settle } from "./page.js";
import { poll } from "../../frontend/static/js/core/poll.js";

/** Calls of the polled function: each waits until the test ends it. @type {{end: (value?: any) => Promise<void>, fail: (message: string) => Promise<void>, signal: AbortSignal}[]} */
let calls = [];
const work = (signal) =>
  new Promise((resolve, reject) => {
    calls.push({
      signal,
      end: (value) => (resolve(value), settle()),
      fail: (message) => (reject(new Error(message)), settle()),
    });
  });

/** @type {import("../../frontend/static/js/core/poll.js").Poll} */
let running;

beforeEach(() => {
  calls = [];
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  running.stop();
  setHidden(false);
  mock.timers.reset();
});

test("a slow answer delays the next request: never two at once", async () => {
  running = poll(work, 1000);
  mock.timers.tick(10_000);
  assert.equal(calls.length, 1);
  await calls[0].end();
  mock.timers.tick(999);
  assert.equal(calls.length, 1);
  mock.timers.tick(1);
  assert.equal(calls.length, 2);
});

test("an immediate call during a call is made once, after it", async () => {
  running = poll(work, 1000);
  const pending = [running.now(), running.now()];
  assert.equal(calls.length, 1);
  await calls[0].end();
  assert.equal(calls.length, 2);
  await calls[1].end();
  await Promise.all(pending);
  mock.timers.tick(999);
  assert.equal(calls.length, 2, "the timer of the first call is gone");
  mock.timers.tick(1);
  assert.equal(calls.length, 3);
});

test("nothing is requested in a hidden tab, and at once when it is shown again", async () => {
  running = poll(work, 1000);
  await calls[0].end();
  setHidden(true);
  mock.timers.tick(60_000);
  assert.equal(calls.length, 1);
  setHidden(false);
  assert.equal(calls.length, 2);
  await calls[1].end();
  setHidden(true);
  setHidden(false);
  assert.equal(calls.length, 2, "the time had not come");
});

test("the pause doubles with each failure up to a minute, and is back after a success", async () => {
  const failures = [];
  running = poll(work, 1000, (error, count) => failures.push([error.message, count]));
  let made = 1;
  for (const pause of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    await calls.at(-1).fail("gone");
    mock.timers.tick(pause - 1);
    assert.equal(calls.length, made, `no request within ${pause} ms`);
    mock.timers.tick(1);
    assert.equal(calls.length, (made += 1));
  }
  assert.deepEqual(failures.at(-1), ["gone", 7]);
  await calls.at(-1).end();
  mock.timers.tick(1000);
  assert.equal(calls.length, made + 1);
});

test("the function returns the time until its next call, or null for none", async () => {
  running = poll(work, 1000);
  await calls[0].end(5000);
  mock.timers.tick(4999);
  assert.equal(calls.length, 1);
  mock.timers.tick(1);
  await calls[1].end(null);
  mock.timers.tick(600_000);
  assert.equal(calls.length, 2);
  running.now();
  assert.equal(calls.length, 3);
});

test("stop aborts the current request and ends all calls that wait for it", async () => {
  const failures = [];
  running = poll(work, 1000, (error) => failures.push(error));
  const pending = running.now();
  running.stop();
  assert.equal(calls[0].signal.aborted, true);
  await calls[0].fail("aborted");
  await pending;
  setHidden(true);
  setHidden(false);
  mock.timers.tick(600_000);
  assert.equal(calls.length, 1);
  assert.deepEqual(failures, []);
});
