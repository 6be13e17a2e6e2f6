import assert from "node:assert/strict";
import { test } from "node:test";
import { press, setPage } from "./page.js";

globalThis.ResizeObserver = class {
  observe() {}
  disconnect() {}
};
globalThis.requestAnimationFrame = (run) => run();
const { scoreTable } = await import("../../frontend/static/js/scores/table.js");

const METRIC = { name: "mig", title: "MIG", family: "information", best: 1, worst: 0, definition: "Gap.", unit: "" };
const ROW = { id: "m0", name: "model 0", settings: {}, cells: { mig: { score: 0.5, state: "ready", interval: null } } };

test("a click on a row that has not come keeps the table in the order of the Tab key", () => {
  const opened = [];
  const table = scoreTable({
    columns: () => [METRIC],
    total: () => 2,
    at: (row) => (row === 0 ? ROW : null),
    want: () => {},
    isBest: () => false,
    sort: () => "name",
    onSort: () => {},
    onOpen: (row) => opened.push(row.id),
  });
  setPage().append(table.node);
  table.draw();
  const stops = () => table.node.querySelectorAll('tbody [tabindex="0"]').length;
  assert.equal(stops(), 1);
  table.node.querySelector("tbody td.aside").click();
  table.draw();
  assert.equal(stops(), 1);
  assert.deepEqual(opened, []);
  press(table.node.querySelector('tbody [tabindex="0"]'), "ArrowRight");
  assert.equal(stops(), 1);
});
