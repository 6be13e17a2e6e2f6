import assert from "node:assert/strict";
import { test } from "node:test";

import { press, setPage, settle } from "./page.js";
import { el } from "../../frontend/static/js/core/dom.js";
import { attachMenu } from "../../frontend/static/js/ui/menu.js";
import { createPanel } from "../../frontend/static/js/ui/panel.js";
import { createTabs } from "../../frontend/static/js/ui/tabs.js";

/** As a pointer does: down, then click. @param {HTMLElement} node */
function point(node) {
  node.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  node.click();
}

test("the button of a menu closes its own menu, and opens it again", () => {
  const body = setPage();
  const button = el("button", { type: "button" }, "More");
  body.append(button);
  let opened = 0;
  attachMenu(button, () => ((opened += 1), [{ label: "Save", run() {} }]));
  point(button);
  assert.equal(document.querySelectorAll("[role=menu]").length, 1);
  point(button);
  assert.equal(document.querySelectorAll("[role=menu]").length, 0);
  assert.equal(button.getAttribute("aria-expanded"), "false");
  assert.equal(document.activeElement, button);
  point(button);
  assert.equal(opened, 2);
  point(body);
  assert.equal(document.querySelectorAll("[role=menu]").length, 0);
  point(button);
  press(document.activeElement, "Escape");
  assert.equal(document.activeElement, button);
});

test("full screen keeps the page behind it out of reach, and gives it back as it was", () => {
  const body = setPage('<header></header><main><p id="beside"></p></main><footer inert></footer>');
  const { node } = createPanel({ title: "Loss", name: "loss", exports: () => ({}) }, el("p", {}, "chart"));
  const main = document.querySelector("main");
  main.append(node);
  const [full] = node.querySelectorAll("button");
  full.click();
  const inert = () => [...body.querySelectorAll("*")].filter((one) => one.inert).map((one) => one.id || one.localName);
  assert.deepEqual(inert(), ["header", "beside", "footer"]);
  assert.equal(main.inert, false);
  assert.equal(node.getAttribute("role"), "dialog");
  assert.equal(node.getAttribute("aria-modal"), "true");
  const menu = node.querySelectorAll("button")[1];
  menu.click();
  press(document.activeElement, "Escape");
  assert.ok(node.classList.contains("full"), "Escape closed the menu alone");
  press(full, "Escape");
  assert.equal(node.classList.contains("full"), false);
  assert.deepEqual(inert(), ["footer"]);
  assert.equal(node.hasAttribute("role"), false);
  assert.equal(full.getAttribute("aria-pressed"), "false");
});

test("a full panel that is taken from the page does not leave the page dead", async () => {
  setPage("<header></header><main></main>");
  const { node } = createPanel({ title: "Loss", name: "loss" }, el("p", {}, "chart"));
  document.querySelector("main").append(node);
  node.querySelector("button").click();
  assert.equal(document.querySelector("header").inert, true);
  document.querySelector("main").replaceChildren("another job");
  await settle();
  assert.equal(document.querySelector("header").inert, false);
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
