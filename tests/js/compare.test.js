import assert from "node:assert/strict";
import { test } from "node:test";
import { difference } from "../../frontend/static/js/compare/differences.js";
import {
  linkByFactor,
  linkByIndex,
  linkByMatch,
  toPosition,
  toValue,
} from "../../frontend/static/js/compare/matching.js";
import { niceStep, polylines, scaleAxis } from "../../frontend/static/js/figures/parallel.js";

/**
 * @param {Record<string, number>} correlations
 * @param {number[]} [quantiles]
 */
const latent = (correlations, quantiles = [-2, -1.5, -1, 0, 1, 1.5, 2]) => ({
  mean: 0,
  quantiles,
  state: "active",
  kl_nats: 1,
  correlations,
});

test("only differing settings are shown, nested ones by their path", () => {
  const found = difference([
    { objective: "beta_vae", settings: { beta: 4 }, latents: 10 },
    { objective: "factor_vae", settings: { gamma: 40 }, latents: 10 },
  ]);
  assert.deepEqual(found.same, [{ key: "latents", value: 10 }]);
  assert.deepEqual(
    found.differing.map(({ key }) => key),
    ["objective", "settings.beta", "settings.gamma"],
  );
  assert.deepEqual(found.differing[1].values, [4, undefined]);
});

test("a factor moves each model's own latent, the sign included", () => {
  const first = [latent({ x: 0.1, y: -0.9 }), latent({ x: 0.8, y: 0.7 })];
  const second = [latent({ x: -0.95, y: 0 }), latent({ x: 0.2, y: 0.6 })];
  const [x, y] = linkByFactor([first, second], ["x", "y"]);
  assert.deepEqual(x.targets, [
    { latent: 1, sign: 1, strength: 0.8 },
    { latent: 0, sign: -1, strength: 0.95 },
  ]);
  assert.deepEqual(y.targets[0], { latent: 0, sign: -1, strength: 0.9 });
});

test("a dead latent is assigned to no factor, whatever its correlations are", () => {
  const tiny = { ...latent({ x: 0.9 }), state: "dead" };
  const [x] = linkByFactor([[tiny, latent({ x: 0.4 })], [tiny]], ["x"]);
  assert.deepEqual([x.targets[0]?.latent, x.targets[1]], [1, null]);
});

test("a factor that is not in a model's data moves nothing there", () => {
  const [x, hue] = linkByFactor([[latent({ x: 0.9 }), latent({ x: 0.1 })], [latent({ hue: 0.8 })]], ["x", "hue"]);
  assert.deepEqual([x.targets[0]?.latent, x.targets[1]], [0, null]);
  assert.deepEqual([hue.targets[0], hue.targets[1]?.latent], [null, 0]);
});

test("matched latents keep the sign of the match and may be missing", () => {
  const models = [[latent({}), latent({})], [latent({})]];
  const handles = linkByMatch(models, [
    [
      { latent: 0, matched: null, sign: 1, correlation: 0 },
      { latent: 1, matched: 0, sign: -1, correlation: 0.7 },
    ],
  ]);
  assert.equal(handles[0].targets[1], null);
  assert.deepEqual(handles[1].targets[1], { latent: 0, sign: -1, strength: 0.7 });
});

test("linking by index reaches as far as the longest model", () => {
  const handles = linkByIndex([[latent({})], [latent({}), latent({})]]);
  assert.equal(handles.length, 2);
  assert.equal(handles[1].targets[0], null);
});

test("position and value are inverse to each other in both directions", () => {
  const skewed = { ...latent({}, [-1, 0, 0, 0, 0, 0, 5]), mean: 1 };
  for (const sign of /** @type {(1 | -1)[]} */ ([1, -1])) {
    for (const position of [-1, -0.3, 0, 0.5, 1]) {
      assert.ok(Math.abs(toPosition(toValue(position, skewed, sign), skewed, sign) - position) < 1e-12);
    }
  }
  assert.equal(toValue(1, skewed, 1), 5);
  assert.equal(toValue(1, skewed, -1), -1);
});

/** @type {(...given: Parameters<typeof scaleAxis>) => import("../../frontend/static/js/figures/parallel.js").ScaledAxis} */
const scaled = (...given) => {
  const axis = scaleAxis(...given);
  assert.ok(axis);
  return axis;
};

test("axes end on round numbers and have their better end on top", () => {
  const loss = scaled({ name: "r", title: "Reconstruction", higherIsBetter: false }, [31, 78, null]);
  assert.deepEqual([loss.low, loss.high, loss.ticks], [30, 80, [30, 40, 50, 60, 70, 80]]);
  assert.equal(loss.at(30), 1);
  assert.equal(niceStep(0.37, 4), 0.1);
  assert.equal(scaleAxis({ name: "r", title: "", higherIsBetter: true }, [null]), null);
  const flat = scaled({ name: "r", title: "", higherIsBetter: true }, [0.5, 0.5]);
  assert.ok(flat.low < 0.5 && flat.high > 0.5);
});

test("a line breaks where a value is missing", () => {
  const axis = scaled({ name: "m", title: "", higherIsBetter: true }, [0, 1]);
  const runs = polylines([axis, axis, axis], [0, null, 1]);
  assert.deepEqual(runs, [[{ axis: 0, height: 0 }], [{ axis: 2, height: 1 }]]);
});
