import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "./page.js";
import { FakeWorker, MODEL, pixelOf } from "./fake-worker.js";

globalThis.Worker = FakeWorker;
const { Decoder } = await import("../../frontend/static/js/decoder/decoder.js");

const strip = Array.from({ length: 12 }, (_, i) => [i, 1]);

beforeEach(() => {
  FakeWorker.made = [];
  FakeWorker.failure = "";
});

test("a live decode overtakes the strips: at most one of their pictures is decoded before it", async () => {
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

test("a live decode on the server overtakes the strips: one small chunk is under way at most", async () => {
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

test("a strip that is no longer wanted is dropped with its chunks", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  await decoder.start();
  const work = new AbortController();
  const all = decoder.many(strip, work.signal);
  work.abort();
  await assert.rejects(all, { name: "AbortError" });
  assert.ok(FakeWorker.made[0].decoded.length <= 1);
});

test("strips go on, slowly, while a latent plays", async () => {
  const decoder = new Decoder(MODEL, { runtime: "/ort/", choice: "auto" });
  await decoder.start();
  let frame = 0;
  const play = setInterval(() => decoder.live([100, (frame += 1)]), 4);
  await new Promise((done) => setTimeout(done, 20));
  const frames = await decoder.many(strip.slice(0, 2));
  clearInterval(play);
  assert.deepEqual(frames, strip.slice(0, 2).map(pixelOf));
});
