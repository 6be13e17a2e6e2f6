/** Light, dark, or as the system says: kept in this browser, announced to whoever draws with tokens. */

import { keep, readKept } from "./store.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const KEY = "axiscope.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<() => void>} */
const listeners = new Set();
/** Chosen on this page alone, where the browser keeps nothing. @type {string | null} */
let unkept = null;

/** @returns {Theme} what the person chose */
export function chosenTheme() {
  const kept = unkept ?? readKept(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** @returns {"light" | "dark"} what is drawn */
export function drawnTheme() {
  const chosen = chosenTheme();
  if (chosen !== "system") return chosen;
  return system.matches ? "dark" : "light";
}

function apply() {
  const drawn = drawnTheme();
  if (document.documentElement.dataset.theme === drawn) return;
  document.documentElement.dataset.theme = drawn;
  for (const listener of listeners) listener();
}

/** @param {Theme} theme */
export function chooseTheme(theme) {
  unkept = keep(KEY, theme === "system" ? null : theme) ? null : theme;
  apply();
}

/** system -> light -> dark -> system. @returns {Theme} */
export function cycleTheme() {
  /** @type {Record<Theme, Theme>} */
  const next = { system: "light", light: "dark", dark: "system" };
  const theme = next[chosenTheme()];
  chooseTheme(theme);
  return theme;
}

/**
 * Call `listener` after each change of the drawn theme.
 * @param {() => void} listener
 * @returns {() => void} stop
 */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Value of a design token as drawn now, e.g. token("--accent").
 * @param {string} name
 */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

system.addEventListener("change", apply);
