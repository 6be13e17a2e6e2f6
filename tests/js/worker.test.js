import assert from "node:assert/strict";
import { test } from "node:test";

/** @type {any[]} */
const sent = [];
globalThis.self = /** @type {any} */ ({ postMessage: (/** @type {any} */ message) => sent.push(message) });
await import("../../frontend/static/js/inference/worker.js");

test("a page that takes the worker over later gets the reason of a failed load again", async () => {
  globalThis.fetch = async () => new Response("", { status: 404 });
  const runtime = { module: "data:text/javascript,export default 1;", mjs: "", wasm: "" };
  await self.onmessage({ data: { load: { runtime, model: "/decoder.onnx", shape: [1, 1, 1], latents: 2 } } });
  assert.deepEqual(sent, [{ error: "/decoder.onnx answered 404" }]);
  await self.onmessage({ data: { ask: true } });
  assert.deepEqual(sent[1], sent[0]);
});

test("a point that cannot be decoded fails only its own call", async () => {
  sent.length = 0;
  await self.onmessage({ data: { id: 4, vectors: [[1, 2]] } });
  assert.equal(sent[0].id, 4);
  assert.ok(sent[0].error);
});
