import assert from "node:assert/strict";
import { test } from "node:test";

import { setPage, type } from "../page.js";

const { commandText, costText, createRunForm } = await import("../../../frontend/static/js/studies/run-form.js");
const COUNTS = { runs: 30, done: 2, active: 1, steps: 24180, untimed_runs: 0, slots: 2 };
const ANSWER = { ...COUNTS, hours: 2.25, evaluation_hours: 0.5, measuring: false };

test("the cost names runs, steps, hours and what is there", () => {
  assert.equal(
    costText(ANSWER),
    "30 runs of 24,180 steps in all: about 2.3 h of training, about 30 min of evaluation, 2 runs at a time; " +
      "2 done, 1 queued or in progress.",
  );
  assert.match(costText({ ...ANSWER, hours: 0.2, slots: 1 }), /about 12 min of training, about 30 min/);
  assert.match(costText({ ...ANSWER, evaluation_hours: null, slots: 1 }), /training, one run at a time/);
});

test("runs whose step was not timed are named", () => {
  assert.match(costText({ ...ANSWER, untimed_runs: 4 }), /without 4 runs that were not timed yet/);
  assert.match(costText({ ...ANSWER, hours: null, untimed_runs: 30 }), /no similar run was timed yet/);
  assert.match(costText({ ...ANSWER, hours: null, untimed_runs: 30, measuring: true }), /some steps are measured now/);
});

test("nothing missing is said as such", () => {
  assert.equal(costText({ ...ANSWER, runs: 0 }), "No run is missing: 2 done, 1 queued or in progress.");
});

test("the command follows scale, seeds and runs of the form", () => {
  const { node } = createRunForm("xu-li-3dshapes");
  setPage().append(node);
  const shown = () => node.querySelector(".command code").textContent;
  assert.equal(shown(), "axiscope study run xu-li-3dshapes --scale 0.05");
  type(node.querySelector("[name=scale]"), "0.1");
  assert.equal(shown(), "axiscope study run xu-li-3dshapes --scale 0.1");
  type(node.querySelector("[name=seeds]"), "3");
  type(node.querySelector("[name=only]"), "vae-*");
  assert.equal(shown(), "axiscope study run xu-li-3dshapes --scale 0.1 --seeds 3 --only 'vae-*'");
  type(node.querySelector("[name=gpus]"), "0.5");
  assert.match(shown(), /--only 'vae-\*' --gpus 0.5$/);
  type(node.querySelector("[name=scale]"), "");
  assert.match(shown(), /--scale 0.1 --seeds 3/, "an invalid form leaves it");
});

test("a pattern is quoted for the shell", () => {
  assert.match(commandText("a", { scale: 1, seeds: null, only: "it's" }), /--only 'it'\\''s'$/);
});
