import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { fakeServer, fakeStreams, setPage, settle } from "./page.js";

const SCHEMAS = { run: { properties: {} }, datasets: {}, objectives: {}, architectures: {}, metrics: {} };
const QUEUE = { items: [], next_cursor: null, counts: {}, workers: [] };
const show = (address) => {
  history.pushState(null, "", address);
  dispatchEvent(new Event("popstate"));
  return settle();
};

test("a form whose schemas come late does not take the place of the job that was opened meanwhile", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  setPage('<div id="job-filter"></div><div id="job-list"></div><div id="job-view"></div>');
  const view = document.getElementById("job-view");
  const server = fakeServer();
  fakeStreams();
  server.always("/api/v1/jobs?", QUEUE);
  history.pushState(null, "", "/jobs#new");
  await import("../../frontend/static/js/pages/jobs.js");
  assert.match(view.textContent, /Reading what can be trained/);
  const schemas = server.last("/api/v1/schemas");
  await show("/jobs?job=7");
  await schemas.reply(SCHEMAS);
  assert.doesNotMatch(view.textContent, /New run/);
  assert.ok(server.last("/api/v1/jobs/7"));

  await show("/jobs#new");
  assert.match(view.textContent, /New run/, "the schemas are here by now");
  assert.equal(server.open("/api/v1/jobs/7").length, 0, "the requests of the job that was left are given up");
  mock.timers.reset();
});
