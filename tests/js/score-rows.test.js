import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { fakeServer, setHidden, setPage, settle } from "./page.js";
import { openScore } from "../../frontend/static/js/ui/score-drawer.js";
import { showFigures } from "../../frontend/static/js/scores/figures.js";
import { ScoreRows } from "../../frontend/static/js/scores/row-source.js";
import { scoreTable } from "../../frontend/static/js/scores/table.js";

globalThis.Plotly = { react: async (node) => (node.on = () => {}), purge: () => {} };

let server;
let problems;
let rows;
const TOTAL = 1000;
const row = (at, score = 0.5) => ({
  id: `m${at}`,
  name: `model ${at}`,
  dataset: "dsprites",
  objective: "vae",
  settings: {},
  training: { seed: at },
  cells: { mig: { score, state: "ready", interval: null } },
});
const METRIC = { name: "mig", title: "MIG", family: "information", best: 1, worst: 0, definition: "Gap.", unit: "" };
const answer = (from, score) => ({
  total: TOTAL,
  metrics: [METRIC],
  facets: {},
  rows: Array.from({ length: 100 }, (_, k) => row(from + k, score)),
});
const pass = async (milliseconds) => (mock.timers.tick(milliseconds), settle());

beforeEach(async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  setPage('<div id="body"></div>');
  server = fakeServer();
  problems = [];
  rows = new ScoreRows(
    () => {},
    () => {},
    (error) => problems.push(error?.message ?? null),
  );
  rows.reset({ sort: "name" });
  await server.last("/api/v1/scores").reply(answer(0));
});
afterEach(() => {
  setHidden(false);
  mock.timers.reset();
});

test("a window that cannot be read is said and tried again with longer pauses, not hundreds of times a second", async () => {
  rows.want({ first: 300, last: 320 });
  await server.last("/api/v1/scores").refuse();
  for (let n = 0; n < 50; n += 1) rows.want({ first: 300 + n, last: 320 + n }); // a scroll, or drawing anew
  assert.equal(server.calls.length, 2);
  assert.match(problems.at(-1), /does not answer/);
  let made = 2;
  for (const pause of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    await pass(pause - 1);
    assert.equal(server.calls.length, made);
    await pass(1);
    assert.equal(server.calls.length, (made += 1));
    await server.last("/api/v1/scores").refuse();
  }
});

test("a hidden tab does not try again; the button does at once, and success ends the problem", async () => {
  rows.want({ first: 300, last: 320 });
  await server.last("/api/v1/scores").refuse();
  setHidden(true);
  await pass(600_000);
  assert.equal(server.calls.length, 2);
  rows.retry();
  await server.last("/api/v1/scores").reply(answer(300));
  assert.equal(problems.at(-1), null);
  assert.equal(rows.at(300).id, "m300");
  setHidden(false);
  assert.equal(server.calls.length, 3);
});

test("a first page that fails leaves the rows before and is tried again", async () => {
  rows.reset({ sort: "-mig" });
  await server.last("/api/v1/scores").refuse();
  assert.equal(rows.at(0).id, "m0");
  await pass(2000);
  await server.last("/api/v1/scores?sort=-mig").reply(answer(500));
  assert.equal(rows.at(0).id, "m500");
});

test("rows of another query never land in this one", async () => {
  rows.want({ first: 300, last: 320 });
  const late = server.last("/api/v1/scores");
  rows.reset({ sort: "-mig" });
  assert.equal(late.aborted, true);
  await server.last("/api/v1/scores?sort=-mig").reply(answer(500));
  assert.equal(rows.at(300), null);
});

test("the same query read again keeps rows in sight on the page, and unchanged rows the same objects", async () => {
  rows.want({ first: 300, last: 320 });
  await server.last("/api/v1/scores").reply(answer(300));
  const before = rows.at(305);
  rows.reset({ sort: "name" });
  await server.last("/api/v1/scores").reply(answer(0, 0.9));
  assert.equal(rows.at(305), before, "not a row of dots");
  assert.equal(rows.at(5).cells.mig.score, 0.9);
  const again = server.last("/api/v1/scores");
  assert.match(again.path, /offset=300/);
  await again.reply(answer(300));
  assert.equal(rows.at(305), before);
});

test("lines of the table whose rows have not changed are not exchanged", async () => {
  let best = "m2";
  const table = scoreTable({
    total: () => 3,
    at: (at) => rows.at(at),
    want: () => {},
    columns: () => [METRIC],
    sort: () => "name",
    isBest: (_, { id }) => id === best,
    onSort: () => {},
    onOpen: () => {},
  });
  document.getElementById("body").append(table.node);
  globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 16);
  table.draw();
  await pass(16);
  const [, first, , third] = table.node.querySelectorAll("tbody tr");
  assert.ok(third.querySelector("td b"));
  const cell = first.querySelector("td[data-column]");
  cell.tabIndex = 0;
  cell.focus();
  best = "none";
  table.draw();
  await pass(16);
  assert.equal(document.activeElement, cell);
  const lines = table.node.querySelectorAll("tbody tr");
  assert.equal(lines[1], first);
  assert.equal(lines[3].querySelector("td b"), null, "its score is no longer bold");
});

test("a late matrix does not draw over the view that was chosen after it", async () => {
  const body = document.getElementById("body");
  const first = new AbortController();
  showFigures(body, "correlation", {}, [METRIC], first.signal);
  const late = server.last("/api/v1/scores/matrix");
  first.abort();
  body.replaceChildren("the table");
  await late.reply({ ids: ["a"], names: ["a"], datasets: ["d"], objectives: ["vae"], columns: { mig: [0.1] } });
  assert.equal(body.textContent, "the table");
});

test("a matrix that cannot be read is replaced by a message with a button", async () => {
  const body = document.getElementById("body");
  showFigures(body, "correlation", {}, [METRIC], new AbortController().signal);
  await server.last("/api/v1/scores/matrix").refuse();
  assert.match(body.textContent, /does not answer/);
  assert.equal(body.getAttribute("aria-busy"), "false");
  body.querySelector("button").click();
  const { ids, names, datasets, objectives, columns } = {
    ids: ["a"],
    names: ["a"],
    datasets: ["d"],
    objectives: ["vae"],
    columns: {},
  };
  await server.last("/api/v1/scores/matrix").reply({ ids, names, datasets, objectives, columns });
  assert.match(body.textContent, /No scores to draw/);
});

test("the drawer of a score is a dialog, and gives a model without data the one advice", async () => {
  const opener = document.createElement("button");
  document.body.append(opener);
  opener.focus();
  openScore({ ...row(1), dataset: null, cells: {} }, METRIC, () => {});
  const dialog = document.querySelector("dialog.drawer");
  assert.equal(dialog.open, true);
  assert.match(dialog.textContent, /names no data set.*Import it again/);
  assert.doesNotMatch(dialog.textContent, /Queue an evaluation/);
  dialog.close();
  assert.equal(document.querySelector("dialog"), null);
  assert.equal(document.activeElement, opener);
  openScore(row(1), METRIC, () => {});
  assert.match(document.querySelector("dialog.drawer").textContent, /Queue an evaluation/);
});
