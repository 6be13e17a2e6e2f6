/** Badge of a model's verification, which links to the report. */

import { html } from "../core/html.js";

/** @typedef {import("../types").ModelSummary["verification"]} Badge */

/** Chip of each state: its class, and what it says on hover. @type {Record<string, [string, string]>} */
const STATES = {
  verified: ["good", "Every figure was computed again from the weights and is equal or within its tolerance"],
  differs: ["bad", "A figure differs from what the weights give, or is of an earlier version"],
  "out of date": ["warn", "The model or a score has changed since the verification"],
  "not verified": ["outline", "The figures were not computed again from the weights yet"],
};

/** @param {string} model @param {Badge | undefined} badge */
export function verificationBadge(model, badge) {
  const state = badge?.state ?? "not verified";
  const [look, hint] = STATES[state];
  return html`<a class="chip ${look}" href="/verification/${encodeURIComponent(model)}" title=${hint}>${state}</a>`;
}
