import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { fakeServer, fakeStreams, setHidden, setPage, settle } from "./page.js";
import { render } from "../../frontend/static/js/core/html.js";
import { evaluateButton } from "../../frontend/static/js/ui/job-button.js";
import { showJob } from "../../frontend/static/js/jobs/detail.js";
import { jobList } from "../../frontend/static/js/jobs/list.js";
import { logPanel } from "../../frontend/static/js/jobs/output.js";
import { progressBar, stateChip } from "../../frontend/static/js/jobs/state-text.js";
import { queue, showQueueStatus } from "../../frontend/static/js/ui/queue-status.js";

const NOW = new Date().toISOString();
const JOB = {
  id: "7",
  kind: "train",
  name: "beta_vae on dsprites",
  state: "running",
  phase: "running",
  step: 100,
  steps: 300,
  progress: { step: 100, parts: { total: 5 }, kl: [1, 0] },
  attempt: 1,
  max_attempts: 3,
  error: null,
  reason: null,
  result: null,
  spec: { objective: "beta_vae" },
  eta_seconds: null,
  created_at: NOW,
  started_at: NOW,
  finished_at: null,
  attempts: [],
};
const WORKERS = [{ name: "here", answers: true, slots: 1 }];
const page = (items, counts = { running: 1, queued: 1 }) => ({ items, next_cursor: null, counts, workers: WORKERS });

/** Figures that were drawn, by the label of the chart. */
let drawn = {};
globalThis.Plotly = {
  purge: () => {},
  async react(node, data) {
    const before = drawn[node.ariaLabel ?? node.getAttribute("aria-label")];
    // as Plotly does: an array that is the same object as before has not changed
    const seen = data.map((trace, k) => ({
      ...trace,
      y: before?.[k]?.given === trace.y ? before[k].y : [...trace.y],
      given: trace.y,
    }));
    drawn[node.getAttribute("aria-label")] = seen;
    node.on ??= () => {};
  },
};

let server;
let streams;
let stops = [];
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

beforeEach(() => {
  drawn = {};
  stops = [];
  setPage(
    '<a data-rail="jobs"></a><div id="list"></div><div id="filters"></div><div id="view"></div>' +
      '<span id="status-queue"></span><span id="status-live"></span>',
  );
  server = fakeServer();
  streams = fakeStreams();
  queue.set({ counts: null });
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  for (const stop of stops) stop();
  setHidden(false);
  mock.timers.reset();
});

const $ = (selector) => document.querySelector(selector);
function openList(filter = "") {
  let chosen = filter;
  const list = jobList(
    { list: $("#list"), filters: $("#filters") },
    { selected: () => "7", filter: () => chosen, onFilter: (next) => (chosen = next) },
  );
  stops.push(list.destroy);
  return list;
}
async function openJob(job = JOB) {
  stops.push(showJob($("#view"), job.id, { onClone() {}, onChange() {} }));
  await server.last("/api/v1/jobs/7").reply(job);
}
const button = (text) =>
  [...document.querySelectorAll("button")].find(({ textContent }) => textContent.trim() === text);

test("the queue is updated in place: the focused job and its text stay the same nodes", async () => {
  openList();
  await server.last("/api/v1/jobs").reply(page([JOB]));
  const item = $("#list a");
  const name = item.querySelector("b").firstChild;
  item.focus();
  await pass(2000);
  await server.last("/api/v1/jobs").reply(
    page([
      { ...JOB, id: "8", name: "new" },
      { ...JOB, step: 200 },
    ]),
  );
  assert.equal($("#list").children.length, 2);
  assert.equal($("#list").children[1], item);
  assert.equal(document.activeElement, item);
  assert.equal(item.querySelector("b").firstChild, name);
  assert.match(item.textContent, /200 of 300/);
});

test("one request for the queue at a time, and a late answer to another filter is dropped", async () => {
  openList();
  await pass(10_000);
  assert.equal(server.open("/api/v1/jobs").length, 1);
  button("Failed 0").click();
  assert.equal(server.open("/api/v1/jobs").length, 1);
  await server.calls[0].reply(page([JOB]));
  assert.equal($("#list a"), null, "these are all jobs, and the failed ones were chosen");
  assert.match(server.last("/api/v1/jobs").path, /state=failed/);
});

test("a queue that cannot be read shows one message, keeps its rows, is tried ever more rarely and by a button", async () => {
  openList();
  await server.last("/api/v1/jobs").reply(page([JOB]));
  for (const [pause, n] of [
    [2000, 2],
    [4000, 3],
    [8000, 4],
  ]) {
    await pass(pause);
    assert.equal(server.calls.length, n);
    const before = $("#list [role=alert]")?.firstChild;
    await server.last("/api/v1/jobs").refuse();
    if (before) assert.equal($("#list [role=alert]").firstChild, before, "said anew only when it changed");
  }
  assert.match($("#list [role=alert]").textContent, /could not be read: The service does not answer/);
  assert.equal(document.querySelectorAll("#list a").length, 1);
  button("Try again").click();
  await server.last("/api/v1/jobs").reply(page([JOB]));
  assert.equal($("#list [role=alert]"), null);
});

test("footer, rail and tab give one count, whichever answer came last", async () => {
  stops.push(showQueueStatus());
  openList();
  const [footer, list] = server.calls;
  await list.reply(page([], { running: 0, queued: 1 }));
  await footer.reply(page([], { running: 1, queued: 1 })); // sent before, answered after
  assert.equal($("#status-queue").textContent, "queue: 0 running, 1 waiting");
  assert.ok(button("Active 1"));
  assert.equal($(".badge").textContent, "1");
});

test("Cancel keeps the focus, and an error is reported once, while the job is read again and again", async () => {
  const failing = { ...JOB, error: "out of memory" };
  await openJob(failing);
  const cancel = button("Cancel");
  const alert = $("#view [role=alert]").firstChild;
  cancel.focus();
  await streams[0].emit("progress", { seq: 2, step: 110, parts: { total: 4 }, kl: [1, 0] });
  await server.last("/api/v1/jobs/7").reply({ ...failing, step: 110, progress: { ...JOB.progress, step: 110 } });
  assert.equal(button("Cancel"), cancel);
  assert.equal(document.activeElement, cancel);
  assert.equal($("#view [role=alert]").firstChild, alert);
  assert.match($(".job-facts").textContent, /110 of 300/);
});

test("an older state of the job never lands after its last one", async () => {
  await openJob();
  await streams[0].emit("progress", { seq: 2, step: 299, parts: { total: 4 } });
  const older = server.last("/api/v1/jobs/7");
  await streams[0].emit("done");
  assert.equal(server.open("/api/v1/jobs/7").filter(({ path }) => path.endsWith("/7")).length, 1);
  await older.reply({ ...JOB, step: 299 });
  await server.last("/api/v1/jobs/7").reply({ ...JOB, state: "succeeded", step: 300 });
  assert.equal($(".job-title .chip").textContent, "succeeded");
});

test("the curves of a finished job are complete: all rows are drawn, also those that the live stream left out", async () => {
  await openJob();
  const row = (step, total) => ({ seq: step, step, parts: { total }, kl: [1] });
  await streams[0].emit("progress", row(100, 5));
  await pass(500);
  assert.deepEqual(drawn.Loss[0].y, [5]);
  await streams[0].emit("progress", row(300, 3));
  await pass(500);
  assert.deepEqual(drawn.Loss[0].y, [5, 3], "drawn anew, not only the KL beside it");
  await streams[0].emit("done");
  assert.equal(streams.length, 2, "the history is read once more");
  for (const step of [100, 200, 300]) await streams[1].emit("progress", row(step, 500 / step));
  await streams[1].emit("done");
  await pass(500);
  assert.deepEqual(drawn.Loss[0].y, [5, 2.5, 500 / 300]);
});

test("a refused stream is said, the job is read by the clock meanwhile, and the stream is opened again", async () => {
  await openJob();
  await streams[0].emit("progress", { seq: 9, step: 100, parts: { total: 5 }, kl: [1] });
  await server.last("/api/v1/jobs/7").reply(JOB);
  await streams[0].fail(true);
  await server.last("/api/v1/jobs/7").reply(JOB);
  assert.match($("#view").textContent, /Live updates are interrupted/);
  await pass(2000);
  await server
    .last("/api/v1/jobs/7")
    .reply({ ...JOB, step: 200, progress: { step: 200, parts: { total: 4 }, kl: [1] } });
  await pass(2000);
  assert.deepEqual(drawn.Loss[0].y, [5, 4]);
  assert.equal(streams.length, 2);
  assert.match(streams[1].url, /after=9$/);
  await streams[1].emit("progress", { seq: 10, step: 250, parts: { total: 3 }, kl: [1] });
  await server.last("/api/v1/jobs/7").reply({ ...JOB, step: 250 });
  assert.doesNotMatch($("#view").textContent, /Live updates are interrupted/);
});

test("bytes of the log are read once, whatever calls come together", async () => {
  const log = logPanel("7", () => false);
  stops.push(log.destroy);
  document.body.append(log.node);
  log.refresh();
  log.refresh();
  assert.equal(server.calls.length, 1);
  const part = (text, offset, size) => [
    text,
    { headers: { "X-Log-Attempt": "1", "X-Log-Offset": String(offset), "X-Log-Size": String(size) } },
  ];
  await server.calls[0].reply(...part("one\n", 4, 8));
  const [, second] = server.calls;
  assert.match(second.path, /offset=4/);
  await second.reply(...part("two\n", 8, 8));
  assert.equal(log.node.querySelector("pre").textContent, "one\ntwo\n");
  assert.equal(server.open().length, 0);
});

test("the log rests in a hidden tab and after the end, and selected text stays selected", async () => {
  let ended = false;
  const log = logPanel("7", () => ended);
  stops.push(log.destroy);
  const headers = { "X-Log-Attempt": "1", "X-Log-Offset": "4", "X-Log-Size": "4" };
  await server.calls[0].reply("one\n", { headers });
  const first = log.node.querySelector("pre").firstChild;
  setHidden(true);
  await pass(60_000);
  assert.equal(server.calls.length, 1);
  setHidden(false);
  ended = true;
  await settle();
  await server.calls[1].reply("two\n", { headers: { ...headers, "X-Log-Offset": "8", "X-Log-Size": "8" } });
  assert.equal(log.node.querySelector("pre").firstChild, first);
  ended = true;
  await pass(2000);
  await server.calls[2]?.reply("", { headers: { ...headers, "X-Log-Offset": "8", "X-Log-Size": "8" } });
  const made = server.calls.length;
  await pass(600_000);
  assert.equal(server.calls.length, made);
});

test("an evaluation is queued once by two clicks, and watched with one request at a time", async () => {
  let done = 0;
  const node = evaluateButton("m", null, { label: "Compute", onDone: () => (done += 1) });
  document.body.append(node);
  node.querySelector("button").click();
  node.querySelector("button").click();
  await settle();
  assert.equal(server.open("/api/v1/jobs", "POST").length, 1);
  const first = server.last("/api/v1/jobs", "POST");
  await first.refuse();
  node.querySelector("button").click();
  const second = server.last("/api/v1/jobs", "POST");
  assert.equal(second.headers["idempotency-key"], first.headers["idempotency-key"]);
  await second.reply({ id: "9" });
  await pass(60_000);
  assert.equal(server.open("/api/v1/jobs/9").length, 1);
  await server.last("/api/v1/jobs/9").reply({ state: "succeeded" });
  assert.equal(done, 1);
  await pass(600_000);
  assert.equal(server.open("/api/v1/jobs/9").length, 0);
});

test("a running evaluation has a bar without a value, and a waiting one names its dependency", () => {
  const node = document.createElement("div");
  const draw = (template) => (render(template, node), node.firstElementChild);
  const bar = draw(progressBar({ state: "running", step: 0, steps: null }));
  assert.equal(bar.getAttribute("role"), "progressbar");
  assert.equal(bar.hasAttribute("aria-valuenow"), false);
  assert.ok(bar.classList.contains("unknown"));
  assert.equal(draw(progressBar({ state: "running", step: 3, steps: 12 })).getAttribute("aria-valuenow"), "25");
  assert.equal(draw(stateChip({ state: "queued", phase: "blocked" })).textContent, "waiting for training");
});
