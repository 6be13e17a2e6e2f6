import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { setPage } from "./page.js";

setPage('<section id="tour"></section>');
const { render } = await import("../../frontend/static/js/core/html.js");
const { close, isClosed, STEPS, tour } = await import("../../frontend/static/js/gallery/tour.js");

const section = document.getElementById("tour");
const links = () => [...section.querySelectorAll("a")].map((link) => link.getAttribute("href"));
const bundled = (id) =>
  JSON.parse(readFileSync(new URL(`../../models_zoo/bundled/${id}/manifest.json`, import.meta.url)));
const latentOf = (step) => {
  const latent = bundled(step.models[0]).statistics[Number(new URL(step.href, "http://a").searchParams.get("focus"))];
  return { ...latent, pcc: Object.fromEntries(Object.entries(latent.correlations).map(([k, v]) => [k, Math.abs(v)])) };
};

test("five steps lead to models that are bundled, and every link opens the models of its step", () => {
  assert.equal(STEPS.length, 5);
  for (const { models, href } of STEPS) {
    for (const id of models) {
      assert.equal(bundled(id).id, id);
      assert.ok(href.includes(id));
    }
  }
});

test("the latents do what the sentences say", () => {
  const [factor, entangled, dead] = STEPS.slice(0, 3).map(latentOf);
  assert.ok(factor.pcc.posX > 0.95);
  assert.ok(factor.pcc.posY < 0.2 && factor.pcc.scale < 0.05);
  assert.ok(entangled.pcc.posX > 0.3 && entangled.pcc.posY > 0.3);
  assert.equal(dead.state, "dead");
});

test("beta takes its price in reconstruction", () => {
  const [plain, strong] = STEPS[3].models.map((id) => bundled(id).reconstruction.bernoulli_nats);
  assert.ok(plain < strong);
});

test("only steps whose models are there are shown, and none without models", () => {
  render(
    tour(
      (id) => id.startsWith("dsprites"),
      () => {},
    ),
    section,
  );
  assert.deepEqual(
    links(),
    STEPS.filter(({ models }) => models.every((id) => id.startsWith("dsprites"))).map(({ href }) => href),
  );
  assert.equal(
    tour(
      () => false,
      () => {},
    ),
    "",
  );
});

test("a tour that was closed stays closed", () => {
  let closed = 0;
  render(
    tour(
      () => true,
      () => (closed += 1),
    ),
    section,
  );
  assert.equal(isClosed(), false);
  section.querySelector("button").click();
  close();
  assert.equal(closed, 1);
  assert.equal(isClosed(), true);
});
