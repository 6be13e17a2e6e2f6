/** Theme of the page: light, dark, or that of the system; kept in this browser. */

import { keep, readKept } from "./store.js";

/** @typedef {"system" | "light" | "dark"} Theme */

const KEY = "axiscope.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<() => void>} */
const listeners = new Set();
/** Theme chosen on this page, where the browser keeps nothing. @type {string | null} */
let unkept = null;

/** Return the theme that was chosen. @returns {Theme} */
export function chosenTheme() {
  const kept = unkept ?? readKept(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Return the theme that is drawn. @returns {"light" | "dark"} */
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

/** Choose the next theme: system -> light -> dark -> system. @returns {Theme} */
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
 * @param {AbortSignal} signal until it aborts
 */
export function onTheme(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
}

/**
 * Return the value of a design token in the drawn theme, e.g. token("--accent").
 * @param {string} name
 */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

system.addEventListener("change", apply);
