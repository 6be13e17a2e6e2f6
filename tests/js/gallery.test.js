import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { fakeServer, setPage, settle, type } from "./page.js";

globalThis.IntersectionObserver = class {
  observe() {}
  disconnect() {}
};
const MODEL = { latents: 4, image_shape: [64, 64, 1], top_latents: [], states: null, metrics: {} };
const models = (...ids) => ids.map((id) => ({ ...MODEL, id, name: `model ${id}` }));
const PLACES = [
  "gallery-count",
  "gallery-problem",
  "legend",
  "introduction",
  "import",
  "cards",
  "more",
  "broken",
  "tray",
]
  .map((id) => `<div id="${id}"></div>`)
  .join("");
const cards = () => [...document.querySelectorAll(".model")];
const box = (id) => document.querySelector(`[data-model="${id}"] .pick input`);

mock.timers.enable({ apis: ["setTimeout"] });
setPage(`<form id="filters"></form>${PLACES}`);
const server = fakeServer();
history.pushState(null, "", "/?m=a,b,c,d,e");
await import("../../frontend/static/js/pages/gallery.js");

test("models are listed, and those that cannot be used stand apart with their reason", async () => {
  const broken = { ...MODEL, id: "x", name: "x", problem: "got x without decoder.onnx" };
  const items = [...models("a", "b", "c", "d", "e", "f", "g"), broken];
  await server.last("/api/v1/models").reply({ items, total: 8, next_cursor: null });
  assert.equal(cards().length, 7);
  assert.match(document.getElementById("gallery-count").textContent, /^7 models/);
  assert.match(document.getElementById("broken").textContent, /1 model cannot be used.*without decoder\.onnx/s);
});

test("a seventh model is refused, and its box is not checked", () => {
  assert.equal(box("a").checked, true);
  box("f").click();
  assert.match(document.getElementById("tray").textContent, /6 of 6 chosen/);
  box("g").click();
  assert.equal(box("g").checked, false);
  assert.match(document.getElementById("toasts").textContent, /At most 6/);
  assert.match(location.search, /m=a,b,c,d,e,f$/);
  document.querySelector('#tray [aria-label="Remove model f"]').click();
  assert.equal(box("f").checked, false);
});

test("a filter keeps the focus, the newest answer wins, and cards that stay are the same nodes", async () => {
  const [first] = cards();
  const search = document.querySelector("#filters input[type=search]");
  search.focus();
  type(search, "a");
  mock.timers.tick(120);
  const older = server.last("/api/v1/models");
  type(search, "ab");
  mock.timers.tick(120);
  const newer = server.last("/api/v1/models");
  assert.equal(older.aborted, true);
  await newer.reply({ items: models("h", "a"), total: 2, next_cursor: null });
  await settle();
  assert.equal(document.activeElement, search);
  assert.equal(search.value, "ab");
  assert.deepEqual(
    cards().map((card) => card.dataset.model),
    ["h", "a"],
  );
  assert.equal(cards()[1], first);
});

test("while the service does not answer the cards stay below a message, until it answers again", async () => {
  const before = cards().length;
  type(document.querySelector("#filters input"), "beta");
  mock.timers.tick(1000);
  await settle();
  await server.last("/api/v1/models").refuse();
  await settle();
  const problem = document.getElementById("gallery-problem");
  assert.match(problem.textContent, /could not be read: The service does not answer/);
  assert.equal(cards().length, before);
  problem.querySelector("button").click();
  await settle();
  await server.last("/api/v1/models").reply({ items: models("a"), total: 1, next_cursor: null });
  await settle();
  assert.equal(problem.hidden, true);
  assert.equal(cards().length, 1);
});
