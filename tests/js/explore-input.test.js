import assert from "node:assert/strict";
import { test } from "node:test";
import { setPage } from "./page.js";

const { mountInput } = await import("../../frontend/static/js/explore/canvas/input.js");

/** Text of the input card of a model whose data set the service could not open. @param {object} model */
function textOf(model) {
  const root = setPage().appendChild(document.createElement("div"));
  mountInput(root, { model, dataset: null });
  return root.textContent;
}

test("a model without its images says which they are, and links to how to get them", () => {
  const text = textOf({ dataset: "mnist", dataset_title: "MNIST" });
  assert.match(text, /The images of MNIST are not on this machine/);
  assert.equal(document.querySelector("a[href]").getAttribute("href"), "/data/mnist");
});

test("a model that names no data set says so", () => {
  assert.match(textOf({ dataset: null, dataset_title: null }), /This model names no data set/);
});
