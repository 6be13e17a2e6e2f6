/** Badge of a model's verification, which links to the report. */

import { html } from "../core/html.js";

/** @typedef {import("../types").ModelSummary["verification"]} Badge */

/** Chip of each state: its class, its text, and its text on hover. @type {Record<string, [string, string, string]>} */
const STATES = {
  verified: [
    "good",
    "verified",
    "Every figure was computed again from the weights and is equal or within its tolerance",
  ],
  unchecked: ["outline", "figures unchecked", "The images of the model are not on this machine"],
  differs: ["bad", "figures differ", "A figure differs from what the weights give, or is of an earlier version"],
  "out of date": ["warn", "verification out of date", "The model or a score has changed since the verification"],
  "not verified": ["outline", "not verified", "The figures were not computed again from the weights yet"],
};

/** @param {string} model @param {Badge | undefined} badge */
export function verificationBadge(model, badge) {
  const state = badge?.state ?? "not verified";
  const [look, text, hint] = STATES[state];
  return html`<a class="chip ${look}" href="/verification/${encodeURIComponent(model)}" title=${badge?.reason ?? hint}
    >${text}</a
  >`;
}
