import assert from "node:assert/strict";
import { test } from "node:test";

import { press, setPage } from "./page.js";
import { el } from "../../frontend/static/js/core/dom.js";
import { openDialog } from "../../frontend/static/js/ui/dialog.js";
import { createPanel } from "../../frontend/static/js/ui/panel.js";
import { createTabs } from "../../frontend/static/js/ui/tabs.js";
import { toast } from "../../frontend/static/js/ui/toast.js";

test("full screen is a dialog in the place of the panel, which comes back when it closes", () => {
  setPage("<header></header><main><p>before</p><p>after</p></main>");
  const { node } = createPanel({ title: "Loss", name: "loss", exports: () => ({}) }, el("p", {}, "chart"));
  const main = document.querySelector("main");
  main.firstChild.after(node);
  const [full] = node.querySelectorAll("button");
  full.click();
  const dialog = main.children[1];
  assert.equal(dialog.localName, "dialog");
  assert.equal(dialog.getAttribute("aria-label"), "Loss");
  assert.ok(dialog.open && dialog.contains(node));
  assert.equal(full.getAttribute("aria-pressed"), "true");
  assert.equal(document.activeElement, full);
  full.click();
  assert.equal(main.children[1], node);
  assert.equal(document.querySelector("dialog"), null);
  assert.equal(full.getAttribute("aria-pressed"), "false");
});

test("a full panel that is taken from the page takes its dialog along, and may be shown again", () => {
  setPage("<main></main>");
  const { node } = createPanel({ title: "Loss", name: "loss" }, el("p", {}, "chart"));
  const main = document.querySelector("main");
  main.append(node);
  node.querySelector("button").click();
  main.replaceChildren("another job");
  assert.equal(document.querySelector("dialog"), null);
  main.append(node);
  node.querySelector("button").click();
  assert.ok(document.querySelector("dialog[open]").contains(node));
});

test("a message is in the topmost dialog, where it can be read, and outlives it", () => {
  const body = setPage();
  const dialog = openDialog({ label: "Help" }, "text");
  toast("Copied");
  toast("Copied");
  assert.equal(dialog.querySelectorAll(".toast").length, 1);
  dialog.close();
  assert.equal(document.querySelector("dialog"), null);
  assert.equal(body.querySelector("#toasts").textContent, "Copied");
  toast("Saved");
  assert.equal(body.querySelectorAll("#toasts > .toast").length, 2);
});

test("tabs: one stop, arrows go round, Home and End, and the chosen one is marked", () => {
  const bar = el("div", { "aria-label": "Evidence" });
  setPage().append(bar);
  const chosen = [];
  const names = ["a", "b", "c"];
  const tabs = createTabs(
    bar,
    names.map((name) => ({ name, label: name.toUpperCase(), controls: "panel" })),
    (name) => (chosen.push(name), tabs.mark(name)),
  );
  tabs.mark("a");
  assert.equal(bar.getAttribute("role"), "tablist");
  bar.children[0].focus();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End", "x"])
    press(document.activeElement, key);
  assert.deepEqual(chosen, ["b", "c", "a", "c", "a", "c"]);
  assert.equal(document.activeElement, bar.children[2]);
  assert.deepEqual(
    [...bar.children].map((tab) => [tab.getAttribute("aria-selected"), tab.tabIndex]),
    [
      ["false", -1],
      ["false", -1],
      ["true", 0],
    ],
  );
  assert.equal(bar.children[2].getAttribute("aria-controls"), "panel");
});
