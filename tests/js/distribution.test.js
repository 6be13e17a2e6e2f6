/** Rules of the distribution of training images, and the figure of two factors. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { jointFigure } from "../../frontend/static/js/figures/joint.js";
import {
  combinationText,
  correlationText,
  readCombination,
  readCorrelation,
  trainOptions,
} from "../../frontend/static/js/math/distribution-rules.js";

test("a correlation is read and written as the setting holds it", () => {
  for (const text of ["scale~orientation:0.2", "a~-lighting_x-dir:1.5"]) {
    const rule = readCorrelation(text);
    assert.equal(rule && correlationText(rule), text);
  }
  assert.deepEqual(readCorrelation("a~-b:0.3"), { first: "a", second: "b", sigma: 0.3, inverse: true });
  for (const text of ["a~b", "a~b:0", "a:0.2", ""]) assert.equal(readCorrelation(text), null);
});

test("a combination of ranges has sliders, any other rule stays a text", () => {
  assert.deepEqual(readCombination("shape=2&object_hue=5-9"), {
    terms: [
      { factor: "shape", from: 2, to: 2 },
      { factor: "object_hue", from: 5, to: 9 },
    ],
  });
  for (const text of ["shape=2&object_hue=5-9", "a=0|2", "nothing"])
    assert.equal(combinationText(readCombination(text)), text);
  assert.deepEqual(readCombination("a=0|2"), { text: "a=0|2" });
});

test("the command line names the rules of each setting", () => {
  assert.equal(trainOptions({ correlations: [], held_out_combinations: [] }), "");
  assert.equal(
    trainOptions({ correlations: ["a~b:0.2", "b~c:1"], held_out_combinations: ["a=1&b=2-3"] }),
    " --data-set 'correlations=a~b:0.2,b~c:1' --data-set 'held_out_combinations=a=1&b=2-3'",
  );
});

test("the figure has the first factor on the vertical axis", () => {
  const factor = (name, values) => ({ name, values, size: values.length, kind: "ordinal", unit: "" });
  const palette = { sequential: [] };
  const joint = [
    [0.1, 0.2, 0.1],
    [0.2, 0.3, 0.1],
  ];
  const { data, layout } = jointFigure(factor("scale", [1, 2]), factor("shape", ["a", "b", "c"]), joint, palette);
  assert.equal(data[0].z, joint);
  assert.equal(data[0].customdata[1][2], "2, c");
  assert.match(layout.yaxis.title.text, /scale/i);
});
