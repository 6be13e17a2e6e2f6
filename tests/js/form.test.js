import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { fakeServer, setPage, settle, type } from "./page.js";
import { showForm } from "../../frontend/static/js/jobs/form.js";

const number = (name, more) => ({ [name]: { type: "integer", minimum: 1, description: name, ...more } });
const plugin = (title, properties = {}) => ({ title, source: "a paper", schema: { properties } });
const SCHEMAS = {
  run: {
    properties: {
      dataset: { type: "string" },
      objective: { type: "string" },
      architecture: { type: "string", default: "conv64" },
      ...number("latents", { default: 10 }),
      ...number("steps", { default: 300 }),
      ...number("seed", { default: 0, minimum: 0 }),
      learning_rate: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 0.0001 },
      amp: { type: "boolean", default: false },
      likelihood: { anyOf: [{ enum: ["bernoulli", "mse"], type: "string" }, { type: "null" }], default: null },
    },
  },
  datasets: { dsprites: plugin("dSprites") },
  objectives: {
    beta_vae: plugin("β-VAE", { beta: { type: "number", minimum: 0, default: 4 } }),
    l_vae: { ...plugin("L-VAE"), likelihood: "mse" },
    factor_vae: plugin("FactorVAE", { gamma: { type: "number", minimum: 0, default: 10 } }),
  },
  architectures: { conv64: plugin("Convolutions") },
};
const SPEC = { dataset: "dsprites", objective: "beta_vae", steps: 20000 };
const ESTIMATE = {
  runs: 1,
  seconds: 600,
  seconds_per_step: 0.03,
  basis: "measured",
  slots: 1,
  machine: null,
  gpu_share: null,
};

let server;
let queued;
let stop;
const box = (name) => document.getElementById(`set-${name}`);
const button = (text) =>
  [...document.querySelectorAll("button")].find((one) => one.textContent.trim().startsWith(text));
const bar = () => document.getElementById("form-state").textContent;
const isClosed = () => button("Queue").getAttribute("aria-disabled") === "true";
const orders = () => server.calls.filter(({ path, method }) => method === "POST" && path === "/api/v1/jobs");

async function open(spec = SPEC, answer = { ...ESTIMATE, measuring: false }) {
  server = fakeServer();
  if (answer) server.always("/api/v1/jobs/estimate", answer, "POST");
  queued = [];
  stop = showForm(document.getElementById("view"), SCHEMAS, spec, (job) => queued.push(job));
  await wait();
}
async function wait() {
  mock.timers.tick(300);
  await settle();
}

beforeEach(() => {
  setPage('<div id="view"></div>');
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  stop();
  mock.timers.reset();
});

test("wrong values close the button, and a click queues nothing but goes to the first of them", async () => {
  await open();
  assert.equal(isClosed(), false);
  assert.match(bar(), /About 10 min/);
  type(box("learning_rate"), "abc");
  type(box("latents"), "-3");
  await wait();
  assert.equal(isClosed(), true);
  assert.equal(bar(), "Cannot be queued: correct latents, learning rate.");
  assert.ok(document.getElementById("form-state").classList.contains("bad"));
  button("Queue").click();
  await settle();
  assert.equal(document.activeElement, box("latents"));
  assert.deepEqual(orders(), []);
});

test("one value put right does not open the button while another is wrong", async () => {
  await open();
  type(box("latents"), "-3");
  type(box("learning_rate"), "abc");
  type(box("latents"), "4");
  await wait();
  assert.equal(isClosed(), true);
  type(box("learning_rate"), "0.01");
  await wait();
  assert.equal(isClosed(), false);
  button("Queue").click();
  assert.deepEqual(orders()[0].body.spec, { ...SPEC, latents: 4, learning_rate: 0.01 });
});

test("the estimate of other content goes at once, and its late answer is not shown", async () => {
  await open(SPEC, null);
  const first = server.last("/api/v1/jobs/estimate", "POST");
  type(box("steps"), "40000");
  await wait();
  const second = server.last("/api/v1/jobs/estimate", "POST");
  assert.notEqual(first, second);
  await second.reply({ ...ESTIMATE, seconds: 1200 });
  await first.reply({ ...ESTIMATE, seconds: 5 });
  assert.match(bar(), /About 20 min/);
  type(box("steps"), "50000");
  assert.doesNotMatch(bar(), /About/);
});

test("TOML that cannot be read closes the button and takes the estimate away; its message is complete", async () => {
  await open();
  button("TOML").click();
  await wait();
  const toml = document.getElementById("toml");
  type(toml, "foo = = 3");
  await wait();
  const wrong = document.getElementById("toml-wrong");
  assert.equal(wrong.textContent, "line 1: got foo = = 3; invalid value");
  assert.equal(wrong.className, "wrong");
  assert.doesNotMatch(bar(), /About/);
  button("Queue").click();
  await settle();
  assert.deepEqual(orders(), []);
  assert.equal(document.activeElement, toml);
  button("Form").click();
  assert.ok(document.getElementById("toml"), "what was typed is not thrown away");
});

test("TOML that is no sweep is refused with a message, and nothing is left out silently", async () => {
  await open();
  button("TOML").click();
  const toml = document.getElementById("toml");
  for (const [text, message] of [
    ["grid = 3", /grid: got 3; allowed: a table/],
    ["[grid]\nseed = 4", /grid.seed: got 4; allowed: a list/],
    ["[grid]\nseed = []", /grid.seed: got \[\]; allowed: a list/],
    ["max_parallel = 2", /max_parallel: got 2; allowed: only with a table \[grid\]/],
    ["max_parallel = 0\n[grid]\nseed = [0, 1]", /max_parallel: got 0; allowed: whole numbers from 1/],
  ]) {
    type(toml, text);
    assert.match(document.getElementById("toml-wrong").textContent, message);
    assert.equal(isClosed(), true, text);
  }
});

test("values of a sweep are read as their setting is, and an empty or wrong row closes the button", async () => {
  await open();
  button("Vary a setting").click();
  const values = () => document.querySelector(".vary-row input");
  assert.equal(isClosed(), true, "a row without values");
  type(values(), "0, x");
  assert.equal(document.querySelector(".vary-row .wrong").textContent, "value 2: x is no number");
  type(values(), "0,,1");
  assert.match(document.querySelector(".vary-row .wrong").textContent, /nothing stands between the commas/);
  type(values(), "0, 1");
  await wait();
  assert.equal(button("Queue").textContent.trim(), "Queue 2 runs");
  button("Vary a setting").click();
  assert.equal(isClosed(), true);
  document.querySelectorAll(".vary-row button")[1].click();
  await wait();
  assert.equal(isClosed(), false);
  button("Queue").click();
  assert.deepEqual(orders()[0].body, { kind: "sweep", spec: { base: SPEC, grid: { seed: [0, 1] } } });
});

test("an axis that the chosen objective does not have is named, not exchanged for another", async () => {
  await open();
  button("Vary a setting").click();
  const select = document.querySelector(".vary-row select");
  type(select, "objective_settings.beta");
  type(document.querySelector(".vary-row input"), "1, 4");
  await wait();
  assert.equal(isClosed(), false);
  document.getElementById("choose-objective").focus();
  type(document.getElementById("choose-objective"), "factor_vae");
  await wait();
  assert.equal(document.querySelector(".vary-row select").value, "objective_settings.beta");
  assert.match(document.querySelector(".vary-row .wrong").textContent, /no such setting/);
  assert.equal(isClosed(), true);
  assert.equal(document.activeElement.id, "choose-objective", "the new form keeps the focus");
});

test("what was typed wrongly stands there still after another objective was chosen", async () => {
  await open();
  type(box("latents"), "-3");
  type(document.getElementById("choose-objective"), "factor_vae");
  assert.equal(box("latents").value, "-3");
  assert.equal(isClosed(), true);
});

test("values that are not in the schema are shown as they are, with what is allowed", async () => {
  await open({ ...SPEC, objective: "gone_vae", steps: "many", amp: "perhaps", evaluate: ["mig"] });
  assert.equal(box("steps").value, "many");
  assert.equal(document.getElementById("choose-objective").value, "gone_vae");
  assert.match(bar(), /Objective/);
  assert.match(bar(), /steps/);
  assert.match(bar(), /amp/);
  assert.match(document.getElementById("view").textContent, /Also in this run.*evaluate = \["mig"\]/);
});

test("two clicks queue one run: one key for the same content, another for other content", async () => {
  await open();
  button("Queue").click();
  button("Queue").click();
  await settle();
  assert.equal(orders().length, 1);
  await orders()[0].refuse();
  assert.match(bar(), /does not answer/);
  button("Queue").click();
  await settle();
  assert.equal(orders().length, 2);
  const [first, second] = orders().map(({ headers }) => headers["idempotency-key"]);
  assert.ok(first);
  assert.equal(second, first, "the lost answer may have queued it");
  await orders()[1].refuse();
  type(box("steps"), "5");
  await wait();
  button("Queue").click();
  await orders()[2].reply({ id: "7" }, { status: 201 });
  assert.notEqual(orders()[2].headers["idempotency-key"], first);
  assert.deepEqual(queued, [{ id: "7" }]);
});

test("a key is made where the browser has no randomUUID, as on plain http", async () => {
  await open();
  const whole = globalThis.crypto;
  const getRandomValues = (into) => whole.getRandomValues(into);
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues }, configurable: true });
  try {
    button("Queue").click();
    await settle();
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: whole, configurable: true });
  }
  assert.match(orders()[0].headers["idempotency-key"], /^[0-9a-f]{32}$/);
});

test("what the service refuses stays closed until the content changes, in the terms of the form", async () => {
  await open(SPEC, null);
  const detail = "/spec/objective_settings/beta: got 'x'; allowed: number, at least 0";
  const errors = [{ pointer: "/spec/objective_settings/beta", detail }];
  await server.last("/api/v1/jobs/estimate", "POST").reply({ title: "Invalid", detail, errors }, { status: 422 });
  assert.equal(bar(), "Beta: got 'x'; allowed: number, at least 0");
  assert.equal(isClosed(), true);
  button("Queue").click();
  assert.deepEqual(orders(), []);
  type(box("steps"), "40");
  assert.equal(isClosed(), false);
});

test("a likelihood that the objective was not made for is remarked on, and the remark goes with it", async () => {
  await open({ ...SPEC, objective: "l_vae" });
  const remark = () => document.querySelector('[aria-label="Training"] .notice');
  assert.equal(remark().hidden, true);
  box("likelihood").value = "bernoulli";
  box("likelihood").dispatchEvent(new Event("change"));
  assert.match(remark().textContent, /l_vae was made for the likelihood mse/);
  assert.equal(remark().hidden, false);
  for (const fine of ["mse", "none"]) {
    box("likelihood").value = fine;
    box("likelihood").dispatchEvent(new Event("change"));
    assert.equal(remark().hidden, true);
  }
});

test("a sweep offers packs, with the time of both ways", async () => {
  await open(SPEC, { ...ESTIMATE, runs: 8, pack: 1, packed_seconds: 4800, measuring: false });
  button("Vary a setting").click();
  type(document.getElementById("grid-0"), "0, 1, 2, 3, 4, 5, 6, 7");
  await wait();
  assert.doesNotMatch(bar(), /in a process/);
  server.always(
    "/api/v1/jobs/estimate",
    { ...ESTIMATE, runs: 8, pack: 4, packed_seconds: 1200, measuring: false },
    "POST",
  );
  type(document.getElementById("grid-pack"), "4");
  await wait();
  assert.match(bar().replace(/\s+/g, " "), /About 10 min 0 s for 8 runs.* With 4 runs in a process about 20 min 0 s\./);
  type(document.getElementById("grid-pack"), "65");
  await wait();
  assert.equal(isClosed(), true);
  type(document.getElementById("grid-pack"), "8");
  await wait();
  button("Queue 8 runs").click();
  assert.equal(orders()[0].body.spec.pack, 8);
});
