import assert from "node:assert/strict";
import { test } from "node:test";

import "./page.js";

const { refusalOf, rolesOf } = await import("../../frontend/static/js/gallery/import-dialog.js");
const file = (name, size = 1) => ({ name, size });

test("dropped files get their roles by their names, else in their order, and one file joins an earlier one", () => {
  const [e, d, a, b] = ["my_Encoder.onnx", "DEC.onnx", "a.onnx", "b.onnx"].map((name) => file(name));
  assert.deepEqual(rolesOf([d, e]), { encoder: e, decoder: d });
  assert.deepEqual(rolesOf([a, b]), { encoder: a, decoder: b });
  assert.deepEqual(rolesOf([a, d]), { encoder: a, decoder: d });
  assert.deepEqual(rolesOf([b], { encoder: a }), { encoder: a, decoder: b });
});

test("a form without both files, with a file over the limit or without a name is not sent", () => {
  const pair = { encoder: file("e.onnx"), decoder: file("d.onnx") };
  assert.match(refusalOf({ encoder: pair.encoder }, "x"), /decoder too/);
  assert.match(refusalOf({ ...pair, decoder: file("d.onnx", 2 ** 30) }, "x"), /1024 MiB; allowed: 512/);
  assert.match(refusalOf(pair, " "), /name/);
  assert.equal(refusalOf(pair, "x"), "");
});
