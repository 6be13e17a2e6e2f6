import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "./page.js";
import { FakeWorker, MODEL, pixelOf } from "./fake-worker.js";

globalThis.Worker = FakeWorker;
globalThis.fetch = async () => new Response("");
const { startBrowserDecoder } = await import("../../frontend/static/js/inference/browser.js");
const { Decoder } = await import("../../frontend/static/js/inference/decoder.js");

const strip = Array.from({ length: 12 }, (_, i) => [i, 1]);

beforeEach(() => {
  FakeWorker.made = [];
  FakeWorker.failure = "";
});

test("a live decode waits for at most one picture of a strip", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  await decoder.start();
  const all = decoder.many(strip);
  const [worker] = FakeWorker.made;
  while (worker.decoded.length < 1) await new Promise((done) => setTimeout(done, 1));
  const before = worker.decoded.length;
  assert.deepEqual(await decoder.live([200, 7]), pixelOf([200, 7]));
  const waited = worker.decoded.indexOf("200,7") - before;
  assert.ok(waited <= 1, `${waited} pictures of the strip came first`);
  assert.equal((await all).length, strip.length);
  assert.equal(worker.decoded.at(-1), "11,1", "the rest of the strip comes after");
});

test("a live decode on the server waits for at most one chunk of a strip", async () => {
  const decoder = new Decoder(MODEL, { runtime: null, choice: "server" });
  /** @type {{ vectors: number[][], answer: () => void }[]} */
  const open = [];
  decoder.server = (vectors) =>
    new Promise((resolve) => {
      const rgba = Uint8ClampedArray.from(vectors.flatMap((vector) => [...pixelOf(vector)]));
      open.push({ vectors, answer: () => resolve({ rgba, ms: 1 }) });
    });
  const all = decoder.many(strip);
  await new Promise((done) => setTimeout(done, 1));
  assert.equal(open.length, 1);
  assert.ok(open[0].vectors.length <= 4, `a chunk has ${open[0].vectors.length} pictures`);
  const live = decoder.live([200, 7]);
  await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual(open[1].vectors, [[200, 7]], "the live request is sent beside the chunk");
  open[0].answer();
  await new Promise((done) => setTimeout(done, 120));
  assert.equal(open.length, 2, "no other chunk goes before the live answer");
  open[1].answer();
  assert.deepEqual(await live, pixelOf([200, 7]));
  const finish = setInterval(() => open.forEach(({ answer }) => answer()), 5);
  assert.equal((await all).length, strip.length);
  clearInterval(finish);
});

test("the chunks of an aborted strip are dropped", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  await decoder.start();
  const work = new AbortController();
  const all = decoder.many(strip, work.signal);
  work.abort();
  await assert.rejects(all, { name: "AbortError" });
  assert.ok(FakeWorker.made[0].decoded.length <= 1);
});

test("strips are decoded, slowly, while a latent plays", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  await decoder.start();
  let frame = 0;
  const play = setInterval(() => decoder.live([100, (frame += 1)]), 4);
  await new Promise((done) => setTimeout(done, 20));
  const frames = await decoder.many(strip.slice(0, 2));
  clearInterval(play);
  assert.deepEqual(frames, strip.slice(0, 2).map(pixelOf));
});

const WHAT = { runtime: "/ort/", model: "/decoder.onnx", shape: [1, 1, 1], latents: 2 };

/** A worker as `preload.js` starts it. @param {string} failure */
function startPreloaded(failure = "", model = WHAT.model) {
  FakeWorker.failure = failure;
  const worker = new FakeWorker();
  worker.postMessage({ load: WHAT });
  globalThis.axiscopeWorker = { worker, model, failure: "" };
  return worker;
}

test("a model that cannot be read is an error, and the worker is terminated", async (t) => {
  t.mock.method(globalThis, "fetch", async () => new Response("", { status: 404 }));
  await assert.rejects(startBrowserDecoder({ ...WHAT, runtime: { kernel: "" } }), /decoder.onnx answered 404/);
  assert.equal(FakeWorker.made[0].terminated, true);
});

test("a preloaded worker that failed before it was taken over is an error, and is terminated", async () => {
  const worker = startPreloaded("the runtime is not there");
  await new Promise((done) => setTimeout(done, 10));
  await assert.rejects(startBrowserDecoder(WHAT), /the runtime is not there/);
  assert.equal(worker.terminated, true);
});

test("a preloaded worker whose script did not load is an error", async () => {
  const worker = startPreloaded();
  globalThis.axiscopeWorker.failure = "the decoding worker did not start";
  await assert.rejects(startBrowserDecoder(WHAT), /did not start/);
  assert.equal(worker.terminated, true);
});

test("a preloaded worker that is ready is taken over; one of another model is terminated", async () => {
  const worker = startPreloaded();
  await new Promise((done) => setTimeout(done, 10));
  const decode = await startBrowserDecoder(WHAT);
  assert.equal(FakeWorker.made.length, 1);
  assert.deepEqual((await decode([[5, 6]])).rgba, pixelOf([5, 6]));
  decode.stop();
  assert.equal(worker.terminated, true);
  await assert.rejects(decode([[5, 6]]), /was terminated/);
  const other = startPreloaded("", "/other.onnx");
  await startBrowserDecoder(WHAT);
  assert.equal(other.terminated, true);
});

test("a worker that fails is replaced by the server, with the reason", async () => {
  FakeWorker.failure = "no WebAssembly";
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  decoder.server = async ([vector]) => ({ rgba: pixelOf(vector), ms: 1 });
  await decoder.start();
  assert.deepEqual(await decoder.live([1, 2]), pixelOf([1, 2]));
  assert.deepEqual([decoder.status().backend, decoder.status().reason], ["server", "no WebAssembly"]);
  assert.equal(FakeWorker.made[0].terminated, true);
});

test("a page that is left terminates its worker, loaded or not, and starts another when it is shown again", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  decoder.start();
  decoder.stop();
  assert.equal(FakeWorker.made[0].terminated, true);
  await decoder.start();
  assert.equal(decoder.status().backend, "browser");
  decoder.stop();
  assert.equal(FakeWorker.made[1].terminated, true);
  await decoder.start();
  assert.deepEqual(await decoder.live([1, 2]), pixelOf([1, 2]));
});

test("a destroyed decoder makes no worker, and asks the server for nothing", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  let sent = 0;
  decoder.server = async () => {
    sent += 1;
    return { rgba: new Uint8ClampedArray(4), ms: 1 };
  };
  decoder.destroy();
  await decoder.start();
  await assert.rejects(decoder.many(strip), { name: "AbortError" });
  await assert.rejects(decoder.live([1, 2]), { name: "AbortError" });
  assert.deepEqual([FakeWorker.made.length, sent], [0, 0]);
});
