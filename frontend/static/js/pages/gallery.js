/** The gallery: find a model, look at it, or choose several to compare. */

import { getJson } from "../core/api.js";
import { need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { readQuery, showInAddress, text, words } from "../core/url.js";
import { modelCard } from "../gallery/card.js";
import { drawFilters, ORDERS } from "../ui/filters.js";
import { brokenList, firstSteps, nothingFound } from "../gallery/empty-states.js";
import { drawTray, MOST } from "../gallery/selection-bar.js";
import { toast, toastError } from "../ui/toast.js";

/** @typedef {import("../types").ModelSummary} ModelSummary */

const PAGE = 48;
const QUERY = {
  q: text(),
  dataset: text(),
  objective: text(),
  sort: text(ORDERS[0][0]),
  m: words(),
};

let state = /** @type {any} */ (readQuery(QUERY, location.search));
/** @type {Map<string, string>} */
const names = new Map();
/** @type {AbortController | null} */
let running = null;
/** @type {string | null} */
let cursor = null;

const cards = need("#cards");
const more = need("#more");
const filters = need("#filters");

/** @param {boolean} next whether to go on where the list ends, or to begin anew */
async function load(next) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  cards.setAttribute("aria-busy", "true");
  const { q, dataset, objective, sort } = state;
  try {
    const query = { q, dataset, objective, sort, limit: PAGE, cursor: next ? cursor : null };
    const answer = await getJson("/api/v1/models", { query, signal: mine.signal });
    if (running !== mine) return;
    cursor = answer.next_cursor;
    draw(answer, next);
  } catch (error) {
    if (running === mine) toastError(error);
  }
  if (running === mine) cards.setAttribute("aria-busy", "false");
}

/**
 * @param {{items: ModelSummary[], total: number}} answer
 * @param {boolean} next
 */
function draw(answer, next) {
  const sound = answer.items.filter((model) => !model.problem);
  const broken = answer.items.filter((model) => model.problem);
  for (const model of sound) names.set(model.id, model.name);
  const filtered = Boolean(state.q || state.dataset || state.objective);
  const nodes = sound.map((model) =>
    modelCard(model, { chosen: state.m.includes(model.id), onChoose: (chosen) => pick(model.id, chosen) }),
  );
  if (next) cards.append(...nodes);
  else if (nodes.length) cards.replaceChildren(...nodes);
  else cards.replaceChildren(filtered ? nothingFound(reset) : firstSteps());
  const section = need("#broken");
  if (!next) section.replaceChildren();
  if (broken.length) section.append(...brokenList(broken));
  section.hidden = section.childElementCount === 0;
  const shown = cards.querySelectorAll(".model").length;
  need("#gallery-count").textContent = count(answer.total - (next ? 0 : broken.length), shown, filtered);
  more.hidden = !cursor;
  drawPicked();
}

/**
 * @param {number} total
 * @param {number} shown
 * @param {boolean} filtered
 */
function count(total, shown, filtered) {
  const found = Math.max(total, shown);
  const models = `${thousands(found)} ${found === 1 ? "model" : "models"}${filtered ? " found" : ""}`;
  return shown < found ? `${models}, ${thousands(shown)} shown` : `${models}. Open one to drag its latents.`;
}

/**
 * @param {string} id
 * @param {boolean} chosen
 */
function pick(id, chosen) {
  if (chosen && state.m.length >= MOST) {
    toast(`At most ${MOST} models can be compared: take one out first`, "bad");
    checkbox(id, false);
    return;
  }
  state = { ...state, m: chosen ? [...state.m, id] : state.m.filter((/** @type {string} */ other) => other !== id) };
  checkbox(id, chosen);
  showInAddress(QUERY, state);
  drawPicked();
}

/**
 * @param {string} id
 * @param {boolean} checked
 */
function checkbox(id, checked) {
  const box = cards.querySelector(`[data-model="${CSS.escape(id)}"] .pick input`);
  if (box instanceof HTMLInputElement) box.checked = checked;
}

function drawPicked() {
  drawTray(
    need("#tray"),
    state.m.map((/** @type {string} */ id) => ({ id, name: names.get(id) ?? id })),
    {
      onDrop: (id) => pick(id, false),
      onClear: () => [...state.m].forEach((id) => pick(id, false)),
    },
  );
}

let typing = 0;
/** @param {Record<string, string>} patch */
function change(patch) {
  state = { ...state, ...patch };
  showInAddress(QUERY, state);
  clearTimeout(typing);
  typing = window.setTimeout(() => load(false), "q" in patch ? 120 : 0);
}

function reset() {
  change({ q: "", dataset: "", objective: "" });
  drawFilterRow();
}

/** @type {import("../types").Facets} */
let facets = { dataset: [], objective: [] };
let orders = ORDERS;
function drawFilterRow() {
  drawFilters(filters, state, facets, change, orders);
}

addEventListener("popstate", () => {
  state = readQuery(QUERY, location.search);
  drawFilterRow();
  load(false);
});

new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting) && cursor && cards.getAttribute("aria-busy") === "false")
    load(true);
}).observe(more);

drawFilterRow();
load(false).finally(() => {
  document.body.dataset.ready = "1";
});
getJson("/api/v1/scores", { query: { limit: 1 } })
  .then((answer) => {
    facets = answer.facets;
    const metrics = /** @type {import("../types").MetricColumn[]} */ (answer.metrics);
    orders = [...ORDERS, ...metrics.map((one) => [(one.higher_is_better ? "-" : "") + one.name, one.title])];
    if (!filters.contains(document.activeElement)) drawFilterRow();
  })
  .catch(toastError);
