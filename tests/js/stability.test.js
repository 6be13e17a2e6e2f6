import "./page.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { stabilityRow } from "../../frontend/static/js/compare/stability.js";

const latent = (/** @type {object} */ of) => ({
  latent: 0,
  active: true,
  held_by: ["b", "c"],
  share: 1,
  interval: [0.34, 1],
  correlation: 0.987,
  p_value: 0.0025,
  real: true,
  ...of,
});
const found = {
  reference: "a",
  models: ["b", "c"],
  images: 500,
  level: 0.05,
  latents: [
    latent({}),
    latent({ latent: 1, held_by: [], share: 0, interval: [0, 0.66], correlation: 0.4, p_value: 1, real: false }),
    latent({ latent: 2, active: false, held_by: [], share: 0, p_value: 1, real: false }),
  ],
};

test("each active latent has its share of seeds, interval and verdict", () => {
  const node = /** @type {any} */ (stabilityRow(["A"], [/** @type {any} */ (found)]));
  const rows = [...node.querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent.trim()),
  );
  assert.deepEqual(rows, [
    ["z0", "2 of 2", "34 % to 100 %", "0.99", "real"],
    ["z1", "0 of 2", "0 % to 66 %", "0.40", "not shown"],
  ]);
  assert.match(
    node.querySelector("caption").textContent,
    /1 of 2 active latents are real.*3 seeds, 500 images, 1 inact/,
  );
  assert.match(node.textContent, /Chance passes for it in 5 % of cases at most/);
});

test("a column of one model has no table, and one that cannot be computed gives its reason", () => {
  assert.equal(stabilityRow(["A", "B"], [null, null]), null);
  const node = /** @type {any} */ (stabilityRow(["A", "B"], [null, new Error("model 'b' shares 3 images")]));
  assert.match(node.textContent, /B model 'b' shares 3 images/);
  assert.equal(node.querySelector("table"), null);
});
