import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { nameOf, refusalOf, trainPage } from "../../frontend/static/js/data/upload.js";

const known = /** @type {any} */ ({
  items: [{ name: "faces" }],
  limits: { bytes: 2e9, files: 10, unpacked_bytes: 4e9 },
});
const pictures = (/** @type {number} */ size) => /** @type {any} */ ({ name: "a.zip", size });

test("a name is made of the file's name", () => {
  assert.equal(nameOf("My Faces (2).zip"), "my-faces-2");
  assert.equal(nameOf("__x.y.zip"), "x.y");
  assert.equal(nameOf("Ä.zip"), "");
});

test("what stands against sending is said before anything is sent", () => {
  assert.match(refusalOf({ name: "a", pictures: undefined }, known), /Choose a zip/);
  assert.match(refusalOf({ name: "a", pictures: pictures(3e9) }, known), /3\.0 GB; allowed are 2\.0 GB/);
  assert.match(refusalOf({ name: "No Name", pictures: pictures(1) }, known), /lower-case/);
  assert.match(refusalOf({ name: "faces", pictures: pictures(1) }, known), /choose another/);
  assert.equal(refusalOf({ name: "new", pictures: pictures(1) }, known), "");
});

test("the form of a run on it has its address", () => {
  assert.equal(trainPage("a.b"), "/jobs?upload=a.b#new");
});
