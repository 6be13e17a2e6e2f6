import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { fakeServer, setPage } from "./page.js";
import { createStore } from "../../frontend/static/js/core/store.js";
import { createHinton } from "../../frontend/static/js/explore/evidence/hinton.js";
import { createPcc } from "../../frontend/static/js/explore/evidence/pcc.js";
import { createScores } from "../../frontend/static/js/explore/evidence/scores.js";

const session = (dataset, settings = {}) => ({
  model: { id: "m", dataset, dataset_settings: settings, statistics: [], factor_names: [] },
  sample: null,
  store: createStore({ order: "index", manual: null, importance: null, names: [], focus: 0 }),
  rest: { later: (draw) => draw },
});
const { signal } = new AbortController();
const NA = { metric: "mig", value: null, state: "ready", mode: "corrected", reason: "the model names no data set" };

test("a model without data gets the same advice for correlation, importances and scores, and nothing to click", async () => {
  for (const rows of [[], [NA]]) {
    const server = fakeServer();
    server.always("/api/v1/scores", { metrics: [{ name: "mig", title: "MIG", best: 1, worst: 0 }] });
    server.always("/metrics", { items: rows });
    const texts = [];
    for (const make of [createPcc, createHinton, createScores]) {
      const { node, show } = make(session(null), signal);
      setPage().append(node);
      await show();
      texts.push(node.querySelector(".empty")?.textContent);
      assert.equal(node.querySelector(".evaluate"), null);
    }
    assert.match(texts[0], /names no data set.*Import it again with axiscope import/);
    assert.deepEqual(texts, [texts[0], texts[0], texts[0]]);
  }
});

test("a model with data is offered what can be computed", async () => {
  const server = fakeServer();
  server.always("/api/v1/scores", { metrics: [{ name: "mig", title: "MIG", best: 1, worst: 0 }] });
  server.always("/metrics", { items: [] });
  server.always("/api/v1/models/m/figures/hinton", () => Response.json({ detail: "not computed" }, { status: 404 }));
  for (const make of [createHinton, createScores]) {
    const { node, show } = make(session("dsprites"), signal);
    setPage().append(node);
    await show();
    assert.ok(node.querySelector(".evaluate button"));
  }
});

test("scores on and off the training distribution have rows of their own, and buttons that compute them", async () => {
  const server = fakeServer();
  server.always("/api/v1/scores", { metrics: [{ name: "mig", title: "MIG", best: 1, worst: 0 }] });
  const row = { metric: "mig", value: 0.5, interval: null, chance: null, state: "ready", mode: "corrected" };
  server.always("/metrics", { items: [row, { ...row, images: "training" }] });
  const rules = { correlations: ["posX~posY:0.2"], held_out_combinations: ["shape=2&scale=3-5"] };
  const { node, show } = createScores(session("dsprites", rules), signal);
  setPage().append(node);
  await show();
  assert.deepEqual(
    [...node.querySelectorAll("tbody tr")].map((line) => line.querySelector("small")?.textContent),
    [undefined, "training distribution"],
  );
  const labels = [...node.querySelectorAll(".evaluate button")].map((button) => button.textContent);
  assert.deepEqual(labels, [
    "Compute all again",
    "Compute on the training distribution",
    "Compute on the held-out combinations",
  ]);
});

test("scores that are queued or computed are read again until none is", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = fakeServer();
  server.always("/api/v1/scores", { metrics: [{ name: "mig", title: "MIG", best: 1, worst: 0 }] });
  const { node, show } = createScores(session("dsprites"), signal);
  setPage().append(node);
  const shown = show();
  const row = (state) => ({
    metric: "mig",
    value: null,
    state,
    mode: "corrected",
    reason: null,
    chance: null,
    interval: null,
  });
  await server.last("/metrics").reply({ items: [row("queued")] });
  await shown;
  assert.equal(node.querySelector(".chip").textContent, "queued");
  const evaluate = node.querySelector(".evaluate button");
  await server.last("/metrics").reply({ items: [row("running")] });
  assert.equal(node.querySelector(".chip").textContent, "running");
  assert.equal(node.querySelector(".evaluate button"), evaluate, "the button stays, with what it tells of its job");
  mock.timers.tick(3000);
  await server.last("/metrics").reply({ items: [row("failed")] });
  assert.equal(node.querySelector(".chip.bad").textContent, "failed");
  mock.timers.tick(600_000);
  assert.equal(server.open("/metrics").length, 0);
  mock.timers.reset();
});
