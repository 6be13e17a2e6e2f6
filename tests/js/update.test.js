import assert from "node:assert/strict";
import { test } from "node:test";

import { setPage } from "./page.js";
import { el } from "../../frontend/static/js/core/dom.js";
import { update } from "../../frontend/static/js/core/update.js";

const row = (key, text, ...more) => el("p", { dataset: { key }, class: "row" }, text, ...more);

test("nodes that stay are the same nodes, with new text and attributes", () => {
  const body = setPage();
  const list = el("div", {});
  body.append(list);
  update(list, [row("a", "one"), row("b", "two")]);
  const [a, b] = list.children;
  const text = a.firstChild;
  update(list, [
    row("c", "new"),
    row("a", "one"),
    el("hr", {}),
    el("p", { dataset: { key: "b" }, title: "said" }, "2"),
  ]);
  assert.deepEqual(
    [...list.children].map((node) => node.textContent),
    ["new", "one", "", "2"],
  );
  assert.equal(list.children[1], a);
  assert.equal(a.firstChild, text, "a text that stays is not written again");
  assert.equal(list.children[3], b);
  assert.equal(b.title, "said");
  assert.equal(b.hasAttribute("class"), false);
});

test("a button keeps focus and listener while everything around it changes", () => {
  const list = el("div", {});
  setPage().append(list);
  let clicks = 0;
  const draw = (step, label) =>
    update(
      list,
      [
        el("b", {}, `step ${step}`),
        step > 1 && el("a", { href: "/x" }, "Open"),
        el("button", { type: "button", on: { click: () => (clicks += 1) } }, label),
      ].filter(Boolean),
    );
  draw(1, "Cancel");
  const button = list.querySelector("button");
  button.focus();
  draw(2, "Cancel");
  assert.equal(document.activeElement, button);
  button.click();
  assert.equal(clicks, 1);
  draw(3, "Retry");
  assert.notEqual(list.querySelector("button"), button, "another action is another button");
});

test("what is gone is removed, and other tags are exchanged", () => {
  const list = el("div", {}, el("i", {}, "x"), el("u", {}), "end");
  update(list, [el("b", {}, "x"), "end"]);
  assert.equal(list.innerHTML, "<b>x</b>end");
  update(list, []);
  assert.equal(list.childNodes.length, 0);
});
