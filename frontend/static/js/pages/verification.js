/** Page of a verification: every figure of a model beside the one that was computed again from its weights. */

import { getJson, messageOf, modelPath, Problem } from "../core/api.js";
import { boot, need } from "../core/dom.js";
import { duration, short, thousands } from "../core/format.js";
import { html, render, tableHead } from "../core/html.js";
import { choice, readQuery, showInAddress } from "../core/url.js";
import { verifyButton } from "../ui/job-button.js";
import { verificationBadge } from "../ui/verification-badge.js";

/** @typedef {import("../types").Verification} Verification */
/** @typedef {Verification["figures"][0]} Figure */

const { model } = boot();
const LOOKS = { equal: "good", within: "good", different: "bad", outdated: "warn", unchecked: "outline" };
const TITLES = { within: "within tolerance", unchecked: "not checked" };
const SHOWN = ["problems", "all"];
const QUERY = { show: choice(SHOWN) };
let state = /** @type {any} */ (readQuery(QUERY, location.search));
const body = need("#verification-body");
/** @type {Verification | null} */
let report = null;

const isProblem = (/** @type {Figure} */ figure) => !["equal", "within"].includes(figure.state);
const chip = (/** @type {Figure["state"]} */ name) =>
  html`<span class="chip ${LOOKS[name]}">${/** @type {Record<string, string>} */ (TITLES)[name] ?? name}</span>`;

/** Text of a stored or recomputed value. @param {any} value */
function valueText(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? String(Number(value.toPrecision(10))) : String(value);
}

/** @param {Figure} figure */
function line(figure) {
  const more = figure.numbers > 1 ? `of ${thousands(figure.numbers)} numbers the one that differs most` : "";
  const difference = figure.difference
    ? `difference ${short(figure.difference)}, tolerance ${short(figure.tolerance ?? 0)}`
    : "";
  const notes = [figure.note, more, difference].filter(Boolean).join("; ");
  return html`<tr>
    <td>${chip(figure.state)}</td>
    <td>${figure.group}</td>
    <td>${figure.name}${notes ? html`<small>${notes}</small>` : ""}</td>
    <td class="number">${valueText(figure.stored)}</td>
    <td class="number">${valueText(figure.recomputed)}</td>
  </tr>`;
}

function draw() {
  const button = (/** @type {string} */ name) =>
    html`<button type="button" aria-pressed=${String(state.show === name)} @click=${() => choose(name)}>
      ${name === "all" ? "All figures" : "Without the equal ones"}
    </button>`;
  render(report ? SHOWN.map(button) : "", need("#verification-filter"));
  if (!report) return;
  const figures = state.show === "all" ? report.figures : report.figures.filter(isProblem);
  const counts = Object.entries(report.counts)
    .filter(([, count]) => count)
    .map(([name, count]) => `${thousands(count)} ${/** @type {Record<string, string>} */ (TITLES)[name] ?? name}`);
  const when = `${new Date(report.checked_at).toLocaleString()}, in ${duration(report.seconds)}`;
  render(
    html`${verificationBadge(model.id, report)} ${counts.join(", ")} of ${thousands(report.figures.length)} figures;
    ${when}${report.reason ? html`<br />Not checked: ${report.reason}` : ""}`,
    need("#verification-summary"),
  );
  const table = html`<div class="scroll-x" tabindex="0" role="region" aria-label="Figures">
    <table>
      ${tableHead(["state", "where", "figure", "stored", "computed again"])}
      <tbody>
        ${figures.map(line)}
      </tbody>
    </table>
  </div>`;
  render(figures.length ? table : html`<p class="empty">Every figure is equal or within its tolerance.</p>`, body);
}

/** @param {string} show */
function choose(show) {
  state = { ...state, show };
  showInAddress(QUERY, state);
  draw();
}

function showMissing() {
  const command = html`<code>axiscope verify ${model.id}</code>`;
  const text = html`<b>Not verified yet</b> A verification computes every figure of this model again from its weights.
    In a terminal: ${command}`;
  render(html`<p class="empty">${text}</p>`, body);
  body.setAttribute("aria-busy", "false");
}

async function load() {
  try {
    report = await getJson(`${modelPath(model.id)}/verification`);
    draw();
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return showMissing();
    render(html`<p class="empty">${messageOf(error)}</p>`, body);
  }
  body.setAttribute("aria-busy", "false");
}

need("#verification-action").append(verifyButton(model.id, { label: "Verify now", onDone: load }) ?? "");
const isVerified = model.verification && model.verification.state !== "not verified";
await (isVerified ? load() : showMissing());
document.body.dataset.ready = "1";
