/** Page of the scores: models by metrics as a table, and figures of the same numbers. */

import { getJson, messageOf } from "../core/api.js";
import { need } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { html, render } from "../core/html.js";
import { latest } from "../core/latest.js";
import { poll } from "../core/poll.js";
import { choice, flag, readQuery, showInAddress, text, texts } from "../core/url.js";
import { clearWinners } from "../math/winners.js";
import { chooseColumns } from "../scores/columns.js";
import { showFigures, VIEWS } from "../scores/figures.js";
import { ScoreRows } from "../scores/row-source.js";
import { scoreTable } from "../scores/table.js";
import { download, toCsv } from "../ui/download.js";
import { filterFields } from "../ui/filters.js";
import { noModels } from "../ui/no-models.js";
import { queue } from "../ui/queue-status.js";
import { openScore } from "../ui/score-drawer.js";
import { toastError } from "../ui/toast.js";

/** @typedef {import("../types").MetricColumn} MetricColumn */

const QUERY = {
  q: text(),
  dataset: text(),
  objective: text(),
  study: text(),
  m: texts(),
  fold: flag(),
  sort: text("name"),
  hide: texts(),
  view: choice(["table", ...VIEWS.map(({ name }) => name)]),
};

const PENDING = ["queued", "running"];
const POLL_MILLISECONDS = 5000;
const TYPING_MILLISECONDS = 150;
/** The rows are drawn before the winners are requested. */
const WINNERS_MILLISECONDS = 250;
let state = /** @type {any} */ (readQuery(QUERY, location.search));
/** @type {MetricColumn[]} */
let metrics = [];
/** @type {Record<string, Record<string, string>>} by metric and data set: the id of the clear winner */
let winners = {};

const body = need("#scores-body");
const problem = need("#scores-problem");
const rows = new ScoreRows(onHead, () => table.draw(), drawProblem);
const table = scoreTable({
  total: () => rows.total,
  at: (row) => rows.at(row),
  want: (range) => rows.want(range),
  columns: () => metrics.filter(({ name }) => !state.hide.includes(name)),
  sort: () => state.sort,
  isBest: (metric, { id, dataset }) => winners[metric]?.[dataset ?? ""] === id,
  onSort: (sort) => change({ sort }),
  onOpen: (row, metric) => openScore(row, metric, () => load(true)),
});

/** Filters as the service takes them. */
function filter() {
  return {
    q: state.q,
    dataset: state.dataset,
    objective: state.objective,
    study: state.study,
    model: state.m.join(","),
  };
}

/** Whether `load` reads the view that is shown, for newer numbers: it stays where it is. */
let isReload = false;
async function load(reload = false) {
  isReload = reload;
  if (isReload) winnersOf = "";
  body.setAttribute("aria-busy", "true");
  await rows.reset({ ...filter(), fold: state.fold ? "true" : null, sort: state.sort });
  body.setAttribute("aria-busy", "false");
}

/** @param {import("../scores/row-source.js").Head} head */
async function onHead(head) {
  metrics = head.metrics;
  facets = head.facets;
  drawFilters();
  const n = `${thousands(head.total)} ${state.fold ? "configurations" : head.total === 1 ? "model" : "models"}`;
  const bold = state.fold
    ? "mean ± deviation overlaps no other; one seed alone has no deviation"
    : "the intervals do not overlap";
  need("#scores-count").textContent = head.total ? `${n}. Bold: best of its data set, where ${bold}.` : "";
  need("#cell-of-seeds").hidden = !state.fold;
  need("#cell-of-model").hidden = state.fold;
  table.draw();
  if (!isReload) {
    table.toTop();
    show();
  }
  await findWinners();
  table.draw();
}

/** Filter of the winners: sorting does not change them. */
let winnersOf = "";
async function findWinners() {
  const of = JSON.stringify([filter(), state.fold]);
  if (of === winnersOf) return;
  winnersOf = of;
  winners = {};
  if (state.fold) findFoldedWinners();
  else {
    await new Promise((done) => setTimeout(done, WINNERS_MILLISECONDS));
    if (winnersOf !== of) return;
    const found = await getJson("/api/v1/scores/best", { query: filter() }).catch(() => ({}));
    if (winnersOf === of) winners = found;
  }
}

/**
 * Compare means over seeds, with their deviation as the interval; only where all rows are loaded. The deviation of a
 * configuration with one seed is unknown: it wins nothing.
 */
function findFoldedWinners() {
  const all = rows.loaded();
  if (all.length < rows.total) return;
  const datasets = all.map(({ dataset }) => dataset);
  for (const { name, higher_is_better } of metrics) {
    const cells = all.map(({ cells: { [name]: cell } }) => {
      if (!cell || cell.score === null) return null;
      const { score, std } = cell;
      return { score, interval: /** @type {[number, number]} */ ([score - (std ?? 0), score + (std ?? 0)]) };
    });
    const best = [...clearWinners(cells, datasets, higher_is_better)].filter((at) => all[at].cells[name].std != null);
    winners[name] = Object.fromEntries(best.map((at) => [datasets[at], all[at].id]));
  }
}

/** Load newer numbers while a loaded row has a pending cell. */
async function reloadPending() {
  const isPending = rows
    .loaded()
    .some(({ cells }) => Object.values(cells).some((cell) => PENDING.includes(cell.state)));
  if (isPending && !rows.fresh && !rows.waiting) await load(true);
}

/** Message above the table while rows cannot be read. @param {unknown | null} error */
function drawProblem(error) {
  const reason = messageOf(error);
  const again = html`<button type="button" class="btn" @click=${() => rows.retry()}>Try again</button>`;
  const message = html`<span>Not all rows could be read: ${reason} They are requested again, ever less often.</span>`;
  render(error ? [message, again] : "", problem);
  problem.hidden = !error;
  if (error && !rows.loaded().length) render("", body);
}

let timer = 0;
/** @param {Record<string, any>} patch */
function change(patch) {
  state = { ...state, ...patch };
  showInAddress(QUERY, state);
  drawFilters();
  clearTimeout(timer);
  if ("hide" in patch) table.draw();
  else if ("view" in patch) show();
  else if ("q" in patch) timer = window.setTimeout(load, TYPING_MILLISECONDS);
  else load();
}

/** @type {import("../types").Facets} */
let facets = { dataset: [], objective: [] };
const form = /** @type {HTMLFormElement} */ (need("#scores-filters"));
form.addEventListener("submit", (event) => event.preventDefault());
function drawFilters() {
  const fold = (/** @type {Event} */ { target }) => change({ fold: /** @type {HTMLInputElement} */ (target).checked });
  const content = html`
    ${filterFields(state, facets, change)}
    <label class="field"><input type="checkbox" .checked=${state.fold} @change=${fold} />Average over seeds</label>
    ${
      state.m.length
        ? html`<span class="chip accent">${state.m.length} chosen models</span>
            <button type="button" class="btn" @click=${() => change({ m: [] })}>Show all</button>`
        : ""
    }
  `;
  render(content, form);
}

const drawFigures = latest((signal, /** @type {string} */ view) => showFigures(body, view, filter(), metrics, signal));
function show() {
  drawFigures.cancel();
  const views = [{ name: "table", label: "Table" }, ...VIEWS].map(
    ({ name, label }) =>
      html`<button type="button" aria-pressed=${String(name === state.view)} @click=${() => change({ view: name })}>
        ${label}
      </button>`,
  );
  render(views, need("#scores-views"));
  need("#scores-columns").hidden = state.view !== "table";
  if (state.view === "table") {
    render(rows.total ? table.node : isFiltered() ? NOTHING_FITS : NO_MODELS, body);
    table.draw();
  } else drawFigures(state.view).catch(toastError);
}

const isFiltered = () => Boolean(state.q || state.dataset || state.objective || state.study || state.m.length);
const NOTHING_FITS = html`<div class="empty"><b>No model fits these filters</b>Change them above.</div>`;
const NO_MODELS = noModels(
  "No models yet",
  "The metrics of each model are computed after its training and listed here.",
);

async function csv() {
  /** @type {import("../types").ScoreMatrix} */
  const matrix = await getJson("/api/v1/scores/matrix", { query: filter() });
  const table = matrix.ids.map((id, at) => [
    id,
    matrix.names[at],
    matrix.datasets[at],
    matrix.objectives[at],
    ...metrics.map(({ name }) => matrix.columns[name]?.[at] ?? null),
  ]);
  const head = ["model", "name", "dataset", "objective", ...metrics.map(({ name }) => name)];
  download("axiscope-scores.csv", toCsv([head, ...table]), "text/csv");
}

need("#scores-columns").addEventListener("click", () => chooseColumns(metrics, state.hide, (hide) => change({ hide })));
need("#scores-csv").addEventListener("click", () => csv().catch(toastError));
addEventListener("popstate", () => {
  state = readQuery(QUERY, location.search);
  load();
});
queue.on(["submitted"], () => load(true));
drawFilters();
poll(reloadPending, POLL_MILLISECONDS);
load().finally(() => {
  document.body.dataset.ready = "1";
});
