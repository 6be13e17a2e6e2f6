/** Text of an estimate. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setPage } from "./page.js";

setPage("");
const { render } = await import("../../frontend/static/js/core/html.js");
const { estimateText } = await import("../../frontend/static/js/jobs/estimate-text.js");

const RUN = { runs: 1, seconds: 600, seconds_per_step: 0.03, basis: "measured", slots: 1, machine: null, pack: 1 };

function textOf(estimate) {
  const view = document.createElement("p");
  render(estimateText({ ...RUN, measuring: false, packed_seconds: null, gpu_share: null, ...estimate }), view);
  return view.textContent.replace(/\s+/g, " ");
}

test("a run has a time, a sweep that of packs beside it", () => {
  assert.equal(textOf({}), "About 10 min 0 s (30 ms a step, measured on this machine).");
  const sweep = { runs: 8, pack: 4, packed_seconds: 120, slots: 2 };
  assert.match(textOf(sweep), /for 8 runs, 2 at a time .* With 4 runs in a process about 2 min 0 s\.$/);
});

test("a pack that was not timed says so", () => {
  assert.match(textOf({ runs: 2, pack: 2 }), /With 2 runs in a process: not known, none like it has run\.$/);
});

test("packs that share a GPU by their memory are offered", () => {
  assert.match(
    textOf({ runs: 64, pack: 8, packed_seconds: 60, gpu_share: 0.12 }),
    /A process takes 12 % of a GPU: with gpus = 0\.12 in the TOML, 8 share one\.$/,
  );
  assert.doesNotMatch(textOf({ runs: 64, pack: 8, packed_seconds: 60, gpu_share: 0.8 }), /GPU/);
});
