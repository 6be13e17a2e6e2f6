import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "./page.js";
import { fakePictures, lateDecoder } from "./fake-pictures.js";
import { MODEL } from "./fake-worker.js";

fakePictures();
const { Session } = await import("../../frontend/static/js/explore/session.js");
const { keepAddress } = await import("../../frontend/static/js/explore/address.js");

let session;
let address;
/** @type {[string, string][]} how and what */
let written;
for (const how of ["push", "replace"]) {
  const real = history[`${how}State`].bind(history);
  history[`${how}State`] = (data, title, to) => {
    written.push([how, to]);
    real(data, title, to);
  };
}

beforeEach(() => {
  written = [];
  session = new Session(
    { ...MODEL, version: "abc" },
    null,
    { ...lateDecoder(), live: async () => new Uint8ClampedArray(4) },
    {},
  );
  session.decoder.choice = "auto";
  address = keepAddress(session, new AbortController().signal);
});

const load = (index, gesture) =>
  session.load({ kind: "index", index }, async () => ({ pixels: null, mean: [index, 0] }), null, gesture);

test("all images of one drag make one entry of the history", async () => {
  const drag = {};
  for (const index of [1, 2, 3]) await load(index, drag);
  await load(9, {});
  assert.deepEqual(
    written.map(([how, to]) => [how, /image=\d+/.exec(to)?.[0]]),
    [
      ["push", "image=1"],
      ["replace", "image=2"],
      ["replace", "image=3"],
      ["push", "image=9"],
    ],
  );
});

test("a delayed address is written before the next input is shown", async () => {
  await load(1, {});
  session.setVector([0.5, 0.25]);
  await load(2, {});
  assert.match(written.at(-2)[1], /image=1&z=0.5,0.25/);
  assert.deepEqual([written.at(-2)[0], written.at(-1)[0]], ["replace", "push"]);
});

test("going back writes nothing to the address, neither during the load nor after it", async () => {
  await load(1, {});
  await load(2, {});
  written = [];
  await address.goBack(() => {
    session.store.set({ tool: "pad", tab: "kl" });
    return load(1, {});
  });
  session.rest.flush();
  assert.deepEqual(written, []);
  session.store.set({ tool: "grid" });
  assert.equal(written[0][0], "push");
});
