import assert from "node:assert/strict";
import { test } from "node:test";

/** @type {any[]} */
const sent = [];
globalThis.self = /** @type {any} */ ({ postMessage: (/** @type {any} */ message) => sent.push(message) });
await import("../../frontend/static/js/inference/worker.js");

test("a page that takes the worker over later gets the reason of a failed load again", async () => {
  await self.onmessage({ data: { failure: "/decoder.onnx answered 404" } });
  assert.deepEqual(sent, [{ error: "/decoder.onnx answered 404" }]);
  await self.onmessage({ data: { ask: true } });
  assert.deepEqual(sent[1], sent[0]);
});

test("a graph that no runtime reads is an error with the reason", async () => {
  sent.length = 0;
  const runtime = { kernel: "", module: "", mjs: "", wasm: "" };
  const load = { runtime, model: "/decoder.onnx", shape: [1, 1, 1], latents: 2 };
  await self.onmessage({ data: { load, model: new Uint8Array(), kernel: "there is no kernel" } });
  assert.deepEqual(sent, [{ error: "there is no kernel; this page does not carry ONNX Runtime Web" }]);
});

test("a point that cannot be decoded fails only its own call", async () => {
  sent.length = 0;
  await self.onmessage({ data: { id: 4, vectors: [[1, 2]] } });
  assert.equal(sent[0].id, 4);
  assert.ok(sent[0].error);
});
