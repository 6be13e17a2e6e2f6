import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";

import { setPage, settle } from "./page.js";

const file = readFileSync(new URL("../../frontend/static/glossary.json", import.meta.url));
globalThis.fetch = async () => new Response(file);
const { followTerms, openGlossary, readGlossary, term, termMark, termsFound } =
  await import("../../frontend/static/js/ui/glossary.js");
const glossary = await readGlossary();
followTerms();
beforeEach(() => setPage());
const drawer = () => document.querySelector("dialog.glossary");

test("a word or a mark opens its entry in the drawer, and a further one is shown in the same drawer", async () => {
  document.body.append(term("dead"), termMark("kl"));
  document.querySelector(".term").click();
  await settle();
  assert.equal(drawer().querySelector(".shown h3").textContent.startsWith("dead"), true);
  document.querySelector(".term-mark").click();
  await settle();
  assert.equal(document.querySelectorAll("dialog.glossary").length, 1);
  assert.equal(drawer().querySelector(".shown").id, "term-kl");
});

test("links between entries lead to entries", async () => {
  await openGlossary();
  const links = [...drawer().querySelectorAll('a[href^="/glossary#"]')];
  assert.ok(links.length > 50);
  for (const link of links) assert.ok(drawer().querySelector(`#term-${link.getAttribute("href").slice(10)}`));
});

test("the box of the drawer leaves the entries that have the word", async () => {
  await openGlossary();
  const box = drawer().querySelector("input");
  box.value = "saturated";
  box.dispatchEvent(new Event("input"));
  const left = [...drawer().querySelectorAll("article")].filter((entry) => !entry.hidden).map(({ id }) => id);
  assert.ok(left.includes("term-saturated") && left.length < 6);
});

test("the palette finds terms by name and by other names, and none without a word", () => {
  const labels = (search) => termsFound(glossary, search).map(({ label }) => label);
  assert.deepEqual(labels(""), []);
  assert.deepEqual(labels("saturated"), ["saturated"]);
  assert.deepEqual(labels("import"), ["ONNX", "importance"]);
  assert.deepEqual(labels("posterior collapse"), ["dead"]);
});

test("words of the issue are explained", () => {
  for (const word of ["latent", "z3", "kl", "dead", "weak", "saturated", "factor", "mig", "dci", "cbd", "pcc"])
    assert.ok(glossary[word], word);
  assert.ok(glossary.traversal);
});
