import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createRest } from "../../frontend/static/js/ui/rest.js";

test("delayed work runs once, when the sliders rest", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const rest = createRest(100);
  let drawn = 0;
  const draw = rest.later(() => (drawn += 1));
  draw();
  draw();
  for (let frame = 0; frame < 20; frame += 1) {
    mock.timers.tick(50);
    rest.touch();
  }
  assert.equal(drawn, 0, "a slider moves");
  mock.timers.tick(100);
  assert.equal(drawn, 1);
  mock.timers.tick(1000);
  assert.equal(drawn, 1);
  mock.timers.reset();
});

test("flush runs delayed work at once", () => {
  const rest = createRest(1000);
  let drawn = 0;
  rest.later(() => (drawn += 1))();
  rest.flush();
  rest.flush();
  assert.equal(drawn, 1);
});
