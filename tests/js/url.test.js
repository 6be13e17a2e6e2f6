import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choice,
  flag,
  number,
  numbers,
  readQuery,
  text,
  texts,
  writeQuery,
} from "../../frontend/static/js/core/url.js";

const schema = {
  image: number(),
  z: numbers(2),
  order: choice(["kl", "index"]),
  hide: flag(),
  names: texts(),
  tab: text("pcc"),
};

test("an empty query gives the defaults, and the defaults an empty query", () => {
  const state = readQuery(schema, "");
  assert.deepEqual(state, { image: null, z: null, order: "kl", hide: false, names: [], tab: "pcc" });
  assert.equal(writeQuery(schema, state), "");
});

test("what is written is read back", () => {
  const state = { image: 0, z: [1.5, -0.25], order: "index", hide: true, names: ["3:azimuth"], tab: "map" };
  const query = writeQuery(schema, state);
  assert.equal(query, "?image=0&z=1.5,-0.25&order=index&hide=1&names=3:azimuth&tab=map");
  assert.deepEqual(readQuery(schema, query), state);
});

test("an invalid value gives the default", () => {
  const state = readQuery(schema, "?image=x&z=1,nan&order=sideways");
  assert.deepEqual([state.image, state.z, state.order], [null, null, "kl"]);
});
