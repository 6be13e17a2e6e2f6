import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";

Object.defineProperty(globalThis, "localStorage", {
  configurable: true,
  get() {
    throw new DOMException("The operation is insecure", "SecurityError");
  },
});
const { keep, readKept } = await import("../../frontend/static/js/core/store.js");
const { chooseTheme, chosenTheme, drawnTheme } = await import("../../frontend/static/js/core/theme.js");

test("a browser that stores nothing makes nothing fail", () => {
  assert.equal(readKept("axiscope.model"), null);
  assert.equal(keep("axiscope.model", "demo"), false);
  assert.equal(keep("axiscope.model", null), false);
});

test("the theme can still be chosen, for this page", () => {
  assert.equal(chosenTheme(), "system");
  chooseTheme("dark");
  assert.deepEqual([chosenTheme(), drawnTheme()], ["dark", "dark"]);
  assert.equal(document.documentElement.dataset.theme, "dark");
  chooseTheme("system");
  assert.equal(chosenTheme(), "system");
});
