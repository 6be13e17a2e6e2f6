import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axisLabel,
  fieldsOf,
  gridSize,
  readField,
  scalar,
  settingAt,
  withSetting,
} from "../../frontend/static/js/jobs/schema-form.js";
import { fromToml, toToml } from "../../frontend/static/js/formats/toml.js";

const schema = {
  required: ["steps"],
  properties: {
    beta: { type: "number", default: 4, minimum: 0, description: "weight of the KL", unit: "", source: "Higgins 2017" },
    steps: { type: "integer", exclusiveMinimum: 0, description: "optimiser steps", unit: "steps" },
    likelihood: { enum: ["bernoulli", "mse"], type: "string", default: "bernoulli" },
    final: { anyOf: [{ type: "number", maximum: 1 }, { type: "null" }], default: null },
    metrics: { type: "array", items: { type: "string" }, default: [] },
  },
};
const [beta, steps, likelihood, final, metrics] = fieldsOf(schema, ["objective_settings"]);

test("a schema becomes fields with meaning, unit, source, bounds and default", () => {
  assert.deepEqual(beta.path, ["objective_settings", "beta"]);
  assert.deepEqual(
    [beta.kind, beta.fallback, beta.bounds.min, beta.meaning, beta.source],
    ["number", 4, 0, "weight of the KL", "Higgins 2017"],
  );
  assert.deepEqual([likelihood.kind, likelihood.options], ["enum", ["bernoulli", "mse"]]);
  assert.deepEqual([final.kind, final.optional, final.bounds.max], ["number", true, 1]);
  assert.equal(metrics.kind, "list");
});

test("what is typed is checked against the bounds, and an empty box means the default", () => {
  assert.deepEqual(readField(beta, "2.5"), { value: 2.5 });
  assert.deepEqual(readField(beta, ""), { value: undefined });
  assert.deepEqual(readField(beta, "-1"), { problem: "at least 0" });
  assert.deepEqual(readField(steps, "0"), { problem: "more than 0" });
  assert.deepEqual(readField(steps, "1.5"), { problem: "1.5 is no whole number" });
  assert.deepEqual(readField(steps, ""), { problem: "a value is needed" });
  assert.deepEqual(readField(metrics, "mig, 4"), { value: ["mig", 4] });
});

test("settings go in and out of a specification without touching the old one", () => {
  const spec = { dataset: "dsprites" };
  const next = withSetting(spec, ["objective_settings", "beta"], 4);
  assert.deepEqual(next, { dataset: "dsprites", objective_settings: { beta: 4 } });
  assert.deepEqual(spec, { dataset: "dsprites" });
  assert.equal(settingAt(next, ["objective_settings", "beta"]), 4);
  assert.deepEqual(withSetting(next, ["objective_settings", "beta"], undefined), spec);
});

test("an axis of a sweep is named as its setting is in the form", () => {
  assert.equal(axisLabel("objective_settings.beta"), "beta (objective)");
  assert.equal(axisLabel("dataset_settings.noise_seed"), "noise seed (data set)");
  assert.equal(axisLabel("batch_size"), "batch size");
});

test("the size of a grid is the product of its axes", () => {
  assert.equal(gridSize({ seed: [0, 1, 2], "objective_settings.beta": [1, 4] }), 6);
  assert.equal(gridSize({}), 1);
});

test("words become numbers and truth values where they are", () => {
  assert.deepEqual(["4", "1e-4", "true", "conv64", ""].map(scalar), [4, 1e-4, true, "conv64", ""]);
});

test("a specification survives the way to TOML and back", () => {
  const spec = {
    dataset: "dsprites",
    learning_rate: 0.0001,
    bias_from_data: true,
    evaluate_metrics: ["mig", "cbd"],
    objective_settings: { beta: 4, "odd key": 'say "hi" # not a comment', deep: { on: false } },
  };
  assert.deepEqual(fromToml(toToml(spec)), spec);
});

test("comments, underscores, dotted keys and single quotes are read", () => {
  const text =
    "# a run\nsteps = 300_000 # long\nobjective_settings.beta = 1e1\nname = 'plain'\n[grid]\nseed = [0, 1]\n";
  assert.deepEqual(fromToml(text), {
    steps: 300000,
    objective_settings: { beta: 10 },
    name: "plain",
    grid: { seed: [0, 1] },
  });
});

test("lists over several lines, inline tables and lists of tables are read", () => {
  const text = "seeds = [0, # first\n  1]\nobjective_settings = { beta = 4 }\n[[runs]]\nname = 'a'\n";
  assert.deepEqual(fromToml(text), { seeds: [0, 1], objective_settings: { beta: 4 }, runs: [{ name: "a" }] });
});

test("a key without a value is left out, and one in a list is written as text", () => {
  assert.equal(toToml({ steps: 4, early_stop: null }), "steps = 4\n");
  assert.deepEqual(fromToml(toToml({ grid: { "objective_settings.beta": [null, 4] } })), {
    grid: { "objective_settings.beta": ["null", 4] },
  });
});

test("a mistake is named with its line", () => {
  assert.throws(() => fromToml("steps = 4\nbeta 4"), /^Error: line 2: got beta 4; illegal character in key$/);
  assert.throws(() => fromToml("beta = four"), /line 1: got beta = four; invalid value/);
  assert.throws(() => fromToml("a = 1\na = 2"), /line 2: got a = 2; trying to redefine/);
  assert.throws(() => fromToml("[a]\nx = 1\n[a]\ny = 2"), /line 3: got \[a\]; trying to redefine/);
  assert.throws(() => fromToml("a = [1,"), /line 1: got a = \[1,; /);
});

test("a key cannot reach the prototype of objects", () => {
  fromToml("__proto__.reached = 1");
  assert.equal({}.reached, undefined);
});
