import assert from "node:assert/strict";
import { test } from "node:test";
import { setPage } from "./page.js";

setPage();
const { pageOf, withChoices } = await import("../../frontend/static/js/studies/figure.js");
const { measuredText, numbersText, resultTable, claimTable } =
  await import("../../frontend/static/js/studies/tables.js");
const { render } = await import("../../frontend/static/js/core/html.js");

test("a point opens its model, and the seeds of a mean in Compare", () => {
  assert.equal(pageOf("run-a"), "/explore/run-a");
  assert.equal(pageOf("a,b,c"), "/compare?m=a,b,c");
  assert.equal(pageOf("a,b,c,d,e,f,g"), "/compare?m=a,b,c,d,e,f");
  assert.equal(pageOf(""), null);
  assert.equal(pageOf(3), null);
});

test("choices travel in the address, in their order", () => {
  assert.equal(withChoices("mig", []), "mig");
  assert.equal(withChoices("mig", ["beta-VAE", "a b"]), "mig?choice=beta-VAE&choice=a+b");
});

test("measured values say their spread and the number of runs", () => {
  assert.equal(measuredText({ published: null, mean: 0.31234, std: 0.02, n: 3 }), "0.312 ± 0.02 (3)");
  assert.equal(measuredText({ published: null, mean: 0.5, std: null, n: 1 }), "0.5");
  assert.equal(measuredText({ published: 1, mean: null, std: null, n: 0 }), "–");
});

test("a published column stands before its measured one", () => {
  const cell = { published: 0.2, mean: 0.3, std: null, n: 1 };
  const table = {
    title: "6.1",
    note: "",
    columns: [
      { name: "mig", title: "MIG" },
      { name: "kl", title: "KL" },
    ],
    rows: [{ label: "VAE", models: ["m"], cells: { mig: cell, kl: { ...cell, published: null } } }],
  };
  const place = document.createElement("div");
  render(resultTable(table), place);
  const heads = [...place.querySelectorAll("thead th")].map((each) => each.textContent.trim());
  assert.deepEqual(heads, ["", "MIG, published", "measured", "KL"]);
  assert.deepEqual(
    [...place.querySelectorAll("td")].map((each) => each.textContent),
    ["0.2", "0.3", "0.3"],
  );
  assert.equal(place.querySelector("a").getAttribute("href"), "/explore/m");
});

test("a verdict says number, interval, p, runs and seeds", () => {
  const verdict = { value: 0.5, interval: [0.25, 0.75], p: 0.0001, runs: 7, seeds: 1 };
  assert.equal(numbersText(verdict), "0.5, 95 % interval 0.25 to 0.75, p below 0.001; 7 runs, 1 seed");
  assert.equal(numbersText({ ...verdict, value: null, interval: null, p: null }), "no value; 7 runs, 1 seed");
  const place = document.createElement("div");
  const words = { text: "Rec rises", of: "dsprites", source: "table 1", statistic: "rank", method: "test" };
  render(claimTable([{ ...verdict, ...words, claim: "a", answer: "undecided", published: null }]), place);
  assert.match(place.textContent, /Rec rises\s+\(dsprites\)/);
  assert.match(place.querySelector(".chip").textContent, /undecided/);
});
