import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeGif } from "../../frontend/static/js/formats/gif.js";

const frame = new Uint8ClampedArray(4 * 16).map((_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
const halves = new Uint8ClampedArray(2 * 4 * 16);
halves.set(frame);
halves.set(frame.toReversed(), 4 * 16);

/** Delays of the frames, in hundredths of a second. @param {Uint8Array} gif */
const delays = (gif) =>
  [...gif.keys()].filter((at) => gif[at] === 0x21 && gif[at + 1] === 0xf9).map((at) => gif[at + 4] + 256 * gif[at + 5]);

test("a GIF has its header, its size, one picture a frame with its delay, repeats, and ends", async () => {
  const gif = await encodeGif([frame, frame], 4, 4, { delay: 100 });
  assert.equal(String.fromCharCode(...gif.subarray(0, 6)), "GIF89a");
  assert.deepEqual([...gif.subarray(6, 10)], [4, 0, 4, 0]);
  assert.deepEqual(delays(gif), [10, 10]);
  assert.ok(String.fromCharCode(...gif).includes("NETSCAPE2.0"));
  assert.equal(gif.at(-1), 0x3b);
});

test("a GIF is enlarged by whole pixels", async () => {
  const gif = await encodeGif([frame], 4, 4, { scale: 64 });
  assert.deepEqual([...gif.subarray(6, 10)], [0, 1, 0, 1]);
});

test("frames that are views of one buffer are encoded as frames of their own", async () => {
  const views = [halves.subarray(0, 4 * 16), halves.subarray(4 * 16)];
  assert.deepEqual(
    await encodeGif(views, 4, 4),
    await encodeGif(
      views.map((view) => view.slice()),
      4,
      4,
    ),
  );
});
