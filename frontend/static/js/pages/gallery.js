/** Page of the models: find one, open it, or choose several to compare. */

import { getJson, messageOf } from "../core/api.js";
import { need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render, repeat } from "../core/html.js";
import { isAbort, latest } from "../core/latest.js";
import { MAX_COMPARED } from "../core/models.js";
import { readQuery, showInAddress, text, texts } from "../core/url.js";
import { brokenList, firstSteps, nothingFound, selectionBar } from "../gallery/around-cards.js";
import { modelCard } from "../gallery/card.js";
import { openImport } from "../gallery/import-dialog.js";
import { introduction } from "../gallery/introduction.js";
import { addCommands } from "../ui/command-palette.js";
import { filterFields, ORDERS } from "../ui/filters.js";
import { toast, toastError } from "../ui/toast.js";
import { close, isClosed } from "../ui/tour.js";

/** @typedef {import("../types").ModelSummary} ModelSummary */

const PAGE_SIZE = 48;
const TYPING_MILLISECONDS = 120;
const QUERY = {
  q: text(),
  dataset: text(),
  objective: text(),
  study: text(),
  sort: text(ORDERS[0][0]),
  m: texts(),
};

let state = /** @type {any} */ (readQuery(QUERY, location.search));
/** Models read so far, and their number in the service. @type {{items: ModelSummary[], total: number}} */
let list = { items: [], total: 0 };
/** @type {string | null} */
let cursor = null;
/** Of every model read since the page was opened. @type {Map<string, string>} */
const names = new Map();

const cards = need("#cards");
const more = need("#more");

const read = latest(async (signal, /** @type {boolean} */ isNext) => {
  cards.setAttribute("aria-busy", "true");
  const { q, dataset, objective, study, sort } = state;
  const query = { q, dataset, objective, study, sort, limit: PAGE_SIZE, cursor: isNext ? cursor : null };
  try {
    const answer = await getJson("/api/v1/models", { query, signal });
    signal.throwIfAborted();
    cursor = answer.next_cursor;
    list = { items: isNext ? [...list.items, ...answer.items] : answer.items, total: answer.total };
    for (const { id, name, problem } of answer.items) if (!problem) names.set(id, name);
    draw();
  } finally {
    if (!signal.aborted) cards.setAttribute("aria-busy", "false");
  }
});

/** @param {boolean} isNext whether to read the next page, or to begin anew */
const load = (isNext) =>
  read(isNext).then(
    () => drawProblem(null),
    (error) => isAbort(error) || drawProblem(error),
  );

/** Message above the cards, which stay, while the models cannot be read. @param {unknown | null} error */
function drawProblem(error) {
  const again = html`<button type="button" class="btn" @click=${() => load(false)}>Try again</button>`;
  const section = need("#gallery-problem");
  render(error ? html`The models could not be read: ${messageOf(error)} ${again}` : "", section);
  section.hidden = !error;
}

function draw() {
  const usable = list.items.filter((model) => !model.problem);
  const broken = list.items.filter((model) => model.problem);
  const isFiltered = Boolean(state.q || state.dataset || state.objective || state.study);
  const empty = () => (isFiltered ? nothingFound(reset) : firstSteps());
  const content = repeat(
    usable,
    ({ id }) => id,
    (model) =>
      modelCard(model, {
        isChosen: state.m.includes(model.id),
        onChoose: (isChosen) => pick(model.id, isChosen),
      }),
  );
  render(usable.length ? content : empty(), cards);
  const section = need("#broken");
  render(broken.length ? brokenList(broken) : "", section);
  section.hidden = !broken.length;
  const isNew = !list.total && !isFiltered;
  for (const id of ["#filters", "#legend"]) need(id).hidden = isNew;
  need("#gallery-count").textContent = isNew ? "" : countText(list.total - broken.length, usable.length, isFiltered);
  more.hidden = !cursor;
  drawIntroduction();
  drawBar();
}

function drawIntroduction() {
  const section = need("#introduction");
  const onClose = () => {
    close();
    section.hidden = true;
  };
  render(isClosed() ? "" : introduction((id) => names.has(id), onClose), section);
  section.hidden = isClosed();
}

/**
 * @param {number} total
 * @param {number} shown
 * @param {boolean} isFiltered
 */
function countText(total, shown, isFiltered) {
  const found = Math.max(total, shown);
  const models = `${thousands(found)} ${found === 1 ? "model" : "models"}${isFiltered ? " found" : ""}`;
  return shown < found ? `${models}, ${thousands(shown)} shown` : `${models}. Open one to drag its latents.`;
}

/**
 * Choose a model for comparing, or remove it.
 * @param {string} id
 * @param {boolean} isChosen
 * @returns {boolean} whether it is chosen now
 */
function pick(id, isChosen) {
  if (isChosen && state.m.length >= MAX_COMPARED) {
    toast(`At most ${MAX_COMPARED} models can be compared: remove one first`, "bad");
    return false;
  }
  const others = state.m.filter((/** @type {string} */ other) => other !== id);
  choose(isChosen ? [...others, id] : others);
  return isChosen;
}

/** @param {string[]} m ids of the chosen models */
function choose(m) {
  state = { ...state, m };
  showInAddress(QUERY, state);
  draw();
}

function drawBar() {
  const bar = need("#tray");
  const chosen = state.m.map((/** @type {string} */ id) => ({ id, name: names.get(id) ?? id }));
  render(selectionBar(chosen, { onDrop: (id) => pick(id, false), onClear: () => choose([]) }), bar);
  bar.hidden = !chosen.length;
}

let timer = 0;
/** @param {Record<string, string>} patch */
function change(patch) {
  state = { ...state, ...patch };
  showInAddress(QUERY, state);
  drawFilters();
  clearTimeout(timer);
  timer = window.setTimeout(load, "q" in patch ? TYPING_MILLISECONDS : 0, false);
}

const reset = () => change({ q: "", dataset: "", objective: "", study: "" });

/** @type {import("../types").Facets} */
let facets = { dataset: [], objective: [] };
let orders = ORDERS;
const form = need("#filters");
form.addEventListener("submit", (event) => event.preventDefault());
const drawFilters = () => render(filterFields(state, facets, change, orders), form);

addEventListener("popstate", () => {
  state = readQuery(QUERY, location.search);
  drawFilters();
  load(false);
});

new IntersectionObserver((entries) => {
  const isVisible = entries.some((entry) => entry.isIntersecting);
  if (isVisible && cursor && cards.getAttribute("aria-busy") === "false") load(true);
}).observe(more);

const importModel = () => openImport((page) => location.assign(page));
const showImport = () => location.hash === "#import" && importModel();
need("#import").addEventListener("click", importModel);
addEventListener("hashchange", showImport);
showImport();
addCommands(() => [{ label: "Import a model", hint: "command · two ONNX files", run: importModel }]);

drawFilters();
load(false).finally(() => {
  document.body.dataset.ready = "1";
});
getJson("/api/v1/scores", { query: { limit: 1 } })
  .then((answer) => {
    facets = answer.facets;
    const metrics = /** @type {import("../types").MetricColumn[]} */ (answer.metrics);
    const byMetric = metrics.map((one) => [(one.higher_is_better ? "-" : "") + one.name, one.title]);
    orders = [...ORDERS, ...byMetric.filter(([sort]) => sort !== ORDERS[0][0])];
    drawFilters();
  })
  .catch(toastError);
