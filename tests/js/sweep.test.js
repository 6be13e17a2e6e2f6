import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { fakeServer, setPage, settle } from "./page.js";
import { cellState } from "../../frontend/static/js/jobs/sweep.js";

globalThis.Plotly = { react: async (node) => (node.on = () => {}), purge: () => {} };
const RUN = { position: 0, job: "1", state: "succeeded", step: 3, steps: 3, model: "m1", error: null };
const evaluation = (state, error = null) => ({ ...RUN, evaluation: { job: "2", state, error } });
const SWEEP = {
  id: "5",
  name: "over seed",
  state: "running",
  total: 2,
  counts: { succeeded: 2 },
  evaluations: { running: 1, queued: 1 },
  axes: [{ name: "seed", values: [0, 1] }],
  max_parallel: null,
  spec: { base: {} },
};
const cells = (...states) => ({
  cells: states.map((state, position) => ({ ...evaluation(state, state === "failed" ? "no data" : null), position })),
});

test("a cell shows the state of its run and its evaluation, and links to the job with the reason", () => {
  assert.equal(cellState(evaluation("succeeded")).text, "done");
  assert.deepEqual(cellState(evaluation("running")), {
    job: "2",
    text: "evaluating",
    state: "running",
    title: "evaluation, job 2: running",
  });
  const failed = cellState(evaluation("failed", "no data"));
  assert.deepEqual([failed.text, failed.state, failed.job], ["no scores", "failed", "2"]);
  assert.match(failed.title, /no data/);
  assert.equal(cellState({ ...RUN, evaluation: null }).text, "done");
  assert.equal(cellState({ ...RUN, state: "running", step: 1, evaluation: null }).text, "33 %");
});

test("a sweep shows that it evaluates until there are scores, keeps focus, and is not polled after its end", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const body = setPage('<div id="sweep" aria-busy="true"></div>');
  const data = document.createElement("script");
  [data.type, data.id, data.textContent] = ["application/json", "boot", '{"sweep": "5"}'];
  body.append(data);
  const server = fakeServer();
  const answer = async (sweep, ...states) => {
    await server.open("/api/v1/sweeps/5/cells")[0].reply(cells(...states));
    await server.open("/api/v1/sweeps/5")[0].reply(sweep);
  };
  await import("../../frontend/static/js/pages/sweep.js");
  await answer(SWEEP, "running", "queued");
  assert.equal(document.querySelector(".page-head .chip").textContent, "evaluating");
  assert.match(body.textContent, /Evaluating 2 trained runs/);
  assert.equal(body.querySelector(".figure-panel"), null, "no plot without a point");
  assert.match(body.querySelector(".job-facts").textContent, /2 runs.*2 succeeded.*1 evaluation running/s);

  const cancel = [...body.querySelectorAll("button")].find((one) => one.textContent.trim() === "Cancel the sweep");
  cancel.focus();
  mock.timers.tick(2000);
  await answer(SWEEP, "running", "running");
  assert.equal(document.activeElement, cancel);
  assert.ok(body.contains(cancel));

  mock.timers.tick(2000);
  await answer({ ...SWEEP, state: "finished", evaluations: { succeeded: 1, failed: 1 } }, "succeeded", "failed");
  const metric = { name: "mig", title: "MIG", best: 1, worst: 0, higher_is_better: true };
  await server
    .last("/api/v1/scores")
    .reply({ rows: [{ id: "m1", cells: { mig: { score: 0.4 } } }], metrics: [metric] });
  assert.equal(document.querySelector(".page-head .chip").textContent, "finished, some failed");
  assert.ok(body.querySelector(".figure-panel"));
  const made = server.calls.length;
  mock.timers.tick(600_000);
  await settle();
  assert.equal(server.calls.length, made);
  mock.timers.reset();
});
