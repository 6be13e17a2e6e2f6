import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fakeServer, setPage, settle } from "./page.js";

const { openPalette } = await import("../../frontend/static/js/ui/command-palette.js");

let server;
beforeEach(() => {
  server = fakeServer();
  setPage();
});

const write = (text) => {
  const box = document.querySelector("dialog.palette input");
  box.value = text;
  box.dispatchEvent(new Event("input"));
};
const shown = () => [...document.querySelectorAll("[role=option]")].map((node) => node.firstChild.textContent);
const found = (name) => ({ items: [{ id: name, name, dataset: "demo" }] });

test("what the service found is shown, though the words stand in no label; the rest is filtered", async () => {
  openPalette();
  write("burgess");
  await server.last("/api/v1/models?q=burgess").reply(found("dsprites-annealed"));
  assert.deepEqual(shown(), ["dsprites-annealed"]);
  write("jobs");
  await server.last("/api/v1/models?q=jobs").reply({ items: [] });
  assert.deepEqual(shown(), ["Jobs"]);
});

test("an answer to an older text is dropped", async () => {
  openPalette();
  write("a");
  const late = server.last("/api/v1/models?q=a");
  write("ab");
  assert.equal(late.aborted, true);
  await server.last("/api/v1/models?q=ab").reply(found("newer"));
  await late.reply(found("older"));
  assert.deepEqual(shown().slice(0, 1), ["newer"]);
});

test("a search that fails leaves no models of an older text", async () => {
  openPalette();
  write("a");
  await server.last("/api/v1/models?q=a").reply(found("older"));
  write("zzz");
  await server.last("/api/v1/models?q=zzz").refuse();
  await settle();
  assert.deepEqual(shown(), []);
});

test("until the service answers, no model of an older text that does not fit is offered", async () => {
  openPalette();
  write("disc");
  await server
    .last("/api/v1/models?q=disc")
    .reply({ items: ["demo disc", "demo disc mixed"].map((name) => ({ id: name, name, dataset: "demo" })) });
  assert.deepEqual(shown(), ["demo disc", "demo disc mixed"]);
  write("disc mixed");
  assert.deepEqual(shown(), ["demo disc mixed"]);
});

test("latents that a factor, a state or a comparison finds come first and lead to their page", async () => {
  openPalette();
  write("posX leak<.1");
  const latent = { latent: 3, factor: "posX", model_name: "disc", purity: 0.95, leak: 0.04, state: "active" };
  const items = [{ ...latent, links: { explore: "/explore/disc?focus=z3" } }];
  await server.last("/api/v1/models?q=posX%20leak%3C.1").reply({ items: [] });
  await server.last("/api/v1/latents?q=posX%20leak%3C.1").reply({ items, filters: { factor: "posX", "leak<": 0.1 } });
  assert.deepEqual(shown(), ["z3 posX of disc"]);
  assert.match(document.querySelector("[role=option] small").textContent, /purity 0.95 · leak 0.04 · active/);
});

test("words of a model alone list no latents", async () => {
  openPalette();
  write("disc");
  await server.last("/api/v1/models?q=disc").reply(found("disc"));
  await server.last("/api/v1/latents?q=disc").reply({ items: [{ latent: 0, model_name: "disc" }], filters: {} });
  assert.deepEqual(shown(), ["disc"]);
});
