import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeServer, fakeStreams, press, setHidden, setPage, settle } from "./page.js";
import { getJson } from "../../frontend/static/js/core/api.js";
import { el } from "../../frontend/static/js/core/dom.js";
import { toast } from "../../frontend/static/js/ui/toast.js";

test("the elements of the page are built in the document of the test", () => {
  const body = setPage("<main></main>");
  let pressed = "";
  const button = el("button", { type: "button", on: { keydown: (event) => (pressed = event.key) } }, "Go");
  body.querySelector("main").append(button);
  button.focus();
  press(button, "Enter");
  assert.equal(document.activeElement, button);
  assert.equal(pressed, "Enter");
  toast("said");
  assert.equal(document.querySelector("#toasts").textContent, "said");
});

test("answers come in the order in which the test gives them", async () => {
  const server = fakeServer();
  const seen = [];
  const first = getJson("/api/v1/jobs/1").then(({ id }) => seen.push(id));
  const second = getJson("/api/v1/jobs/2").then(({ id }) => seen.push(id));
  assert.equal(server.open("/api/v1/jobs").length, 2);
  await server.calls[1].reply({ id: "2" });
  await server.calls[0].reply({ id: "1" });
  await Promise.all([first, second]);
  assert.deepEqual(seen, ["2", "1"]);
});

test("errors and lost connections reach the page as they do from a service", async () => {
  const server = fakeServer();
  const refused = getJson("/api/v1/jobs/1");
  server.calls[0].refuse();
  await assert.rejects(refused, /does not answer/);
  const missing = getJson("/api/v1/jobs/2");
  server.calls[1].reply({ title: "Not found", detail: "no job 2" }, { status: 404 });
  await assert.rejects(missing, { status: 404, message: "no job 2" });
  const controller = new AbortController();
  const dropped = getJson("/api/v1/jobs/3", { signal: controller.signal });
  controller.abort();
  await assert.rejects(dropped, { name: "AbortError" });
  assert.equal(server.calls[2].aborted, true);
});

test("the test hides the tab and sends the events of streams", async () => {
  let changes = 0;
  document.addEventListener("visibilitychange", () => (changes += 1));
  setHidden(true);
  assert.equal(document.hidden, true);
  setHidden(false);
  assert.equal(changes, 2);
  const streams = fakeStreams();
  const source = new EventSource("/events");
  const rows = [];
  source.addEventListener("progress", (event) => rows.push(JSON.parse(event.data).step));
  await streams[0].emit("progress", { step: 3 });
  source.close();
  await streams[0].emit("progress", { step: 4 });
  await settle();
  assert.deepEqual(rows, [3]);
});
