import assert from "node:assert/strict";
import { test } from "node:test";
import { createLive } from "../../frontend/static/js/decoder/live.js";

/** A sender whose replies come when the test says so. */
function held() {
  /** @type {{ value: number, resolve: (reply: string) => void, reject: (error: Error) => void }[]} */
  const sent = [];
  return {
    sent,
    send: (/** @type {number} */ value) => new Promise((resolve, reject) => sent.push({ value, resolve, reject })),
  };
}
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("the first value is sent at once", () => {
  const { sent, send } = held();
  createLive(
    send,
    () => {},
    () => {},
  )(1);
  assert.deepEqual(
    sent.map((s) => s.value),
    [1],
  );
});

test("of the values that come while one is in flight only the newest is sent, once", async () => {
  const { sent, send } = held();
  const shown = [];
  const push = createLive(
    send,
    (reply) => shown.push(reply),
    () => {},
  );
  [1, 2, 3, 4].forEach(push);
  sent[0].resolve("one");
  await settle();
  assert.deepEqual(
    sent.map((s) => s.value),
    [1, 4],
  );
  sent[1].resolve("four");
  await settle();
  assert.deepEqual(shown, ["one", "four"]);
  assert.equal(sent.length, 2);
});

test("a failure is told and does not stop the loop", async () => {
  const { sent, send } = held();
  const failed = [];
  const push = createLive(
    send,
    () => {},
    (error) => failed.push(error.message),
  );
  push(1);
  push(2);
  sent[0].reject(new Error("lost"));
  await settle();
  assert.deepEqual(failed, ["lost"]);
  assert.equal(sent[1].value, 2);
});
