import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { setPage } from "./page.js";

setPage('<section id="tour"></section>');
const { render } = await import("../../frontend/static/js/core/html.js");
const { introduction } = await import("../../frontend/static/js/gallery/introduction.js");
const { close, isClosed, showTourBar, STEPS, stepsOf } = await import("../../frontend/static/js/ui/tour.js");

const section = document.getElementById("tour");
const links = () => [...section.querySelectorAll("ol a")].map((link) => link.getAttribute("href"));
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
  assert.ok(factor.pcc.wall_hue > 0.95);
  assert.ok(Object.entries(factor.pcc).every(([name, value]) => name === "wall_hue" || value < 0.05));
  assert.ok(entangled.pcc.posX > 0.3 && entangled.pcc.posY > 0.3);
  assert.equal(dead.state, "dead");
});

test("beta takes its price in reconstruction", () => {
  const [plain, strong] = STEPS[3].models.map((id) => bundled(id).reconstruction.bernoulli_nats);
  assert.ok(plain < strong);
});

const draw = (has, onClose = () => {}) => render(introduction(has, onClose), section);

test("only steps whose models are there are shown, and the introduction without models too", () => {
  const has = (id) => id.startsWith("dsprites");
  draw(has);
  assert.deepEqual(
    links(),
    stepsOf(has).map(({ href }) => href),
  );
  assert.equal(links().length, 3);
  draw(() => false);
  assert.deepEqual(links(), []);
  assert.match(section.textContent, /one minute/);
});

test("an introduction that was closed stays closed", () => {
  let closed = 0;
  draw(
    () => true,
    () => (closed += 1),
  );
  assert.equal(isClosed(), false);
  section.querySelector("button").click();
  close();
  assert.equal(closed, 1);
  assert.equal(isClosed(), true);
});

test("a page that a step opens shows its sentence, with links to the steps beside it, until it is closed", () => {
  const bar = () => document.querySelector(".tour-bar");
  for (const search of ["", "?focus=5", "?tour=0", "?tour=6", "?tour=x"]) showTourBar(search);
  assert.equal(bar(), null);
  STEPS.forEach(({ href, text }, at) => {
    showTourBar(new URL(href, "http://a").search);
    assert.ok(bar().textContent.includes(text));
    const beside = [...bar().querySelectorAll("a")].map((link) => link.getAttribute("href"));
    assert.deepEqual(beside, [STEPS[at - 1]?.href, STEPS[at + 1]?.href ?? "/"].filter(Boolean));
    bar().querySelector("button").click();
    assert.equal(bar(), null);
  });
});
