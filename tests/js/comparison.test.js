import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeServer, settle } from "./page.js";
import { answerImage, fakePictures, IMAGES, lateDecoder, red } from "./fake-pictures.js";
import { MODEL } from "./fake-worker.js";

fakePictures();
globalThis.Worker = class {};
const { Comparison } = await import("../../frontend/static/js/compare/comparison.js");
const { isAbort } = await import("../../frontend/static/js/core/latest.js");

const statistics = MODEL.statistics.map((s) => ({ ...s, minimum: -1, maximum: 1, quantiles: [], correlations: {} }));
let server;
let comparison;
let column;
let decoder;

beforeEach(() => {
  server = fakeServer();
  comparison = new Comparison(["demo"], { runtime: null, mode: "index" });
  column = comparison.column({ ...MODEL, statistics, dataset: "demo", name: "demo", factor_names: [] });
  column.decoder = decoder = lateDecoder();
  comparison.columns = [column];
  comparison.dataset = { name: "demo", n_images: 100 };
});

/** Show an image to its end. */
async function show(index, code, shade) {
  const shown = comparison.showIndex(index);
  await answerImage(server, index, code);
  await decoder.show(code, shade);
  await shown;
}

test("a drag that is decoded late does not replace the picture of a newer input", async () => {
  await show(1, [1, 1], 10);
  column.show([0.5, 1]);
  await settle();
  await show(2, [2, 2], 20);
  await decoder.show([0.5, 1], 99);
  assert.equal(red(column.store.get().decoded), 20);
  assert.deepEqual(column.store.get().z, [2, 2]);
});

test("of two inputs the one chosen last stays, also where its answers come first", async () => {
  const first = assert.rejects(comparison.showIndex(1), isAbort);
  await show(2, [2, 2], 20);
  await first;
  assert.equal(red(column.store.get().input), 2);
  assert.equal(column.store.get().problem, "");
});

test("a failed decode is shown until a decode succeeds", async () => {
  await show(1, [1, 1], 10);
  column.show([0.5, 1]);
  await decoder.open[0].fail("no connection");
  decoder.open.length = 0;
  assert.equal(column.store.get().fault, "no connection");
  column.show([0.6, 1]);
  await decoder.show([0.6, 1], 60);
  assert.equal(column.store.get().fault, "");
  assert.equal(red(column.store.get().decoded), 60);
});

test("the reason why a model has no input stays after a slider was moved", async () => {
  column.model.dataset = "other";
  column.model.dataset_title = "Other";
  await comparison.showIndex(3);
  assert.match(column.store.get().problem, /This model was trained on Other/);
  column.show([0.6, 1]);
  await decoder.show([0.6, 1], 60);
  assert.match(column.store.get().problem, /This model was trained on Other/);
});

test("an input that cannot be read leaves no picture of the one before", async () => {
  await show(1, [1, 1], 10);
  const shown = comparison.showIndex(2);
  await server.last(IMAGES).refuse();
  await shown;
  assert.deepEqual(
    [column.store.get().input, column.store.get().reconstruction, column.store.get().decoded],
    [null, null, null],
  );
  assert.match(column.store.get().problem, /does not answer/);
});

test("columns change together: none shows the new input while another shows the old", async () => {
  const second = comparison.column({ ...MODEL, id: "two", statistics, dataset: "demo", name: "two", factor_names: [] });
  const late = lateDecoder();
  second.decoder = late;
  comparison.columns.push(second);
  const shown = comparison.showIndex(5);
  for (const call of server.open(IMAGES)) await call.reply("5,0,0,255");
  for (const call of server.open("/encode", "POST")) await call.reply({ mu: [[5, 5]] });
  await settle();
  await decoder.show([5, 5], 50);
  assert.equal(column.store.get().input, null);
  await late.show([5, 5], 51);
  await shown;
  assert.deepEqual([red(column.store.get().reconstruction), red(second.store.get().reconstruction)], [50, 51]);
});

test("of two ways to link the one chosen last stays, also where the matches come late", async () => {
  comparison.columns.push({ ...column });
  const matched = assert.rejects(comparison.link("matched"), isAbort);
  await settle();
  await comparison.link("index");
  await matched;
  assert.equal(comparison.store.get().mode, "index");
});
