import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { contentOf, describe, factorsOf, isGrey } from "../../frontend/static/js/data/upload-preview.js";
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
  assert.match(refusalOf({ name: "a", pictures: pictures(3e9) }, known), /3\.0 GB; allowed: 2\.0 GB/);
  assert.match(refusalOf({ name: "No Name", pictures: pictures(1) }, known), /lower-case/);
  assert.match(refusalOf({ name: "faces", pictures: pictures(1) }, known), /choose another/);
  assert.equal(refusalOf({ name: "new", pictures: pictures(1) }, known), "");
});

test("a zip without pictures, or one that unpacks to too much, is not sent", () => {
  const form = { name: "new", pictures: pictures(1) };
  assert.match(refusalOf({ ...form, content: { pictures: [], bytes: 1 } }, known), /without pictures/);
  const content = { pictures: [/** @type {any} */ ({})], bytes: 5e9 };
  assert.match(refusalOf({ ...form, content }, known), /unpacks to 5\.0 GB; allowed: 4\.0 GB/);
});

const member = (/** @type {string} */ name) => ({ name, bytes: 100, read: async () => new ArrayBuffer(0) });

test("what a zip holds is counted, without hidden files, and said in sentences", () => {
  const names = ["a/", "a/1.png", "a/2.JPG", "a/.hidden.png", "__MACOSX/a/1.png", "a/labels.csv", "a/notes.txt"];
  const content = contentOf(names.map(member));
  assert.deepEqual(
    content.pictures.map(({ name }) => name),
    ["a/1.png", "a/2.JPG"],
  );
  assert.equal(content.labels?.name, "a/labels.csv");
  const lines = describe(content, factorsOf('file,"light",pose_x\r\na/1.png,0,1'), [
    { width: 100, height: 80, isGrey: false },
    { width: 64, height: 64, isGrey: true },
  ]);
  assert.deepEqual(lines, [
    "2 pictures, 400 B unpacked.",
    "64 x 64 to 100 x 80 pixels, width x height, grey and colour.",
    "A run makes them square by stretching: crop them before, if shapes matter.",
    "Labels: light, pose x.",
    "1 file that is no picture will be refused: a/notes.txt.",
  ]);
  assert.match(describe(content, [], [{ width: 8, height: 8, isGrey: true }])[1], /seen from 1 of them/);
});

test("a picture whose channels agree is grey", () => {
  assert.ok(isGrey([9, 9, 9, 255, 200, 204, 199, 255]));
  assert.ok(!isGrey([9, 9, 9, 255, 200, 100, 200, 255]));
});

test("the form of a run on it has its address", () => {
  assert.equal(trainPage("a.b"), "/jobs?upload=a.b#new");
});
