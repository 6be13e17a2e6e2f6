import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeServer, settle } from "./page.js";
import { answerImage, fakePictures, lateDecoder, red } from "./fake-pictures.js";
import { MODEL } from "./fake-worker.js";

fakePictures();
const { Session } = await import("../../frontend/static/js/explore/session.js");
const { isAbort } = await import("../../frontend/static/js/core/latest.js");
const { normal } = await import("../../frontend/static/js/math/random.js");

let decoder;
let session;
let server;

beforeEach(() => {
  server = fakeServer();
  decoder = lateDecoder();
  session = new Session(MODEL, { name: "demo", n_images: 100 }, decoder, {});
});

test("a prior sample that is decoded late does not replace the reconstruction of a newer image", async () => {
  const prior = assert.rejects(session.loadPrior(3), isAbort);
  await settle();
  const image = session.loadIndex(7);
  await answerImage(server, 7, [7, 7]);
  await decoder.show([7, 7], 70);
  await image;
  await decoder.show(normal(2, 3), 30);
  await prior;
  const { input, reconstruction, inputPixels } = session.store.get();
  assert.deepEqual(input, { kind: "index", index: 7 });
  assert.equal(red(inputPixels), 7);
  assert.equal(red(reconstruction), 70);
});

test("of two images the one chosen last stays, also where its answers come first", async () => {
  const first = assert.rejects(session.loadIndex(1), isAbort);
  const second = session.loadIndex(2);
  assert.equal(server.calls[0].aborted, true);
  await answerImage(server, 2, [2, 2]);
  await decoder.show([2, 2], 20);
  await second;
  await first;
  assert.deepEqual(session.store.get().input, { kind: "index", index: 2 });
});

test("input, code and reconstruction change together: no error is computed from two images", async () => {
  const seen = [];
  session.store.on(["input", "inputPixels", "reconstruction"], (s) =>
    seen.push([s.input.index, red(s.inputPixels), red(s.reconstruction)]),
  );
  for (const index of [1, 2]) {
    const load = session.loadIndex(index);
    await answerImage(server, index, [index, 0]);
    await decoder.show([index, 0], 10 * index);
    await load;
    await decoder.show([index, 0], 10 * index); // the live loop's own request
  }
  assert.deepEqual(seen, [
    [1, 1, 10],
    [2, 2, 20],
  ]);
});

test("an input whose reconstruction fails is shown without the reconstruction before", async () => {
  const first = session.loadIndex(1);
  await answerImage(server, 1, [1, 0]);
  await decoder.show([1, 0], 10);
  await first;
  const second = assert.rejects(session.loadIndex(2), /no connection/);
  await answerImage(server, 2, [2, 0]);
  await decoder.open.find(({ vector }) => vector.join() === "2,0").fail("no connection");
  await second;
  const { input, inputPixels, reconstruction } = session.store.get();
  assert.deepEqual([input.index, red(inputPixels), reconstruction], [2, 2, null]);
});
