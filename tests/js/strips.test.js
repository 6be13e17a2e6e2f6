import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { press, setPage, settle } from "./page.js";
import { MODEL } from "./fake-worker.js";

/** What was drawn on any canvas, in order. @type {string[]} */
let drawn;
HTMLCanvasElement.prototype.getContext = () => ({
  putImageData: (image) => drawn.push(String(image.rgba[0])),
  clearRect: () => drawn.push("cleared"),
});
globalThis.ImageData = class {
  constructor(rgba) {
    this.rgba = rgba;
  }
};
const { createStore } = await import("../../frontend/static/js/core/store.js");
const { createStrip } = await import("../../frontend/static/js/explore/latents/strip.js");
const { createFrames } = await import("../../frontend/static/js/explore/tools/frames.js");

/** Requests for pictures, answered by the test. */
let open;
let session;
const { signal } = new AbortController();
beforeEach(() => {
  drawn = [];
  open = [];
  setPage();
  const store = createStore({
    strips: [0],
    steps: 2,
    range: "data",
    encoded: [0, 0],
    base: "encoded",
    step: 0,
    z: [0, 0],
  });
  session = {
    store,
    model: {
      ...MODEL,
      statistics: MODEL.statistics.map((s) => ({ ...s, quantiles: [-1, 0, 1], minimum: -1, maximum: 1 })),
    },
    basePoint: () => store.get().encoded,
    decoder: {
      many: (vectors, signal) =>
        new Promise((resolve, reject) => {
          open.push({
            signal,
            show: (shade) => (resolve(vectors.map(() => Uint8ClampedArray.of(shade, 0, 0, 255))), settle()),
            fail: () => (reject(new Error("no connection")), settle()),
          });
        }),
    },
  };
});

test("a strip that returns to the frames it shows drops those that are being decoded", async () => {
  const strip = createStrip(session, 0, signal);
  await open[0].show(10);
  session.store.set({ encoded: [0, 5] });
  session.store.set({ encoded: [0, 0] });
  await open[1].show(20);
  assert.deepEqual(drawn, ["10", "10"]);
  assert.equal(open[1].signal.aborted, true);
  assert.equal(strip.node.hidden, false);
});

test("a strip that cannot be decoded keeps no frames of another point", async () => {
  const strip = createStrip(session, 0, signal);
  await open[0].show(10);
  session.store.set({ encoded: [0, 5] });
  await open[1].fail();
  assert.equal(drawn.at(-1), "cleared");
  assert.match(strip.node.querySelector("canvas").getAttribute("aria-label"), /no connection/);
});

test("the saved points are those of the frames that are shown", async () => {
  const frames = createFrames(session, "Frames", () => {});
  const first = frames.draw([[1, 1]]);
  await open[0].show(10);
  await first;
  const second = frames.draw([[2, 2]]);
  assert.deepEqual(frames.exports("x").json().latents, [[1, 1]], "the new ones are not there yet");
  const third = frames.draw([[3, 3]]);
  await open[2].show(30);
  await third;
  await open[1].show(20);
  await second;
  assert.deepEqual(drawn, ["10", "30"]);
  assert.deepEqual(frames.exports("x").json().latents, [[3, 3]]);
  const failed = assert.rejects(frames.draw([[4, 4]]), /no connection/);
  await open[3].fail();
  await failed;
  assert.deepEqual(frames.exports("x"), {});
});

test("frames are chosen with the arrow keys too", async () => {
  const picked = [];
  const frames = createFrames(session, "Frames", (at) => picked.push(at));
  const drawn = frames.draw([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  await open[0].show(10);
  await drawn;
  for (const key of ["ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"]) press(frames.node, key);
  assert.deepEqual(picked, [1, 2, 2, 1, 0]);
  assert.deepEqual([frames.node.tabIndex, frames.node.getAttribute("aria-valuetext")], [0, "frame 1 of 3"]);
});
