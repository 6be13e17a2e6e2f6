/** The scores page: models x metrics, and pictures of the same numbers. */

import { getJson } from "../core/api.js";
import { el, need } from "../core/dom.js";
import { latest } from "../core/latest.js";
import { thousands } from "../core/format.js";
import { clearWinners } from "../math/winners.js";
import { poll } from "../core/poll.js";
import { update } from "../core/update.js";
import { ScoreRows } from "../scores/row-source.js";
import { choice, flag, readQuery, showInAddress, text, words } from "../core/url.js";
import { download, toCsv } from "../ui/download.js";
import { drawFilters } from "../ui/filters.js";
import { chooseColumns } from "../scores/columns.js";
import { openScore } from "../scores/drawer.js";
import { scoreTable } from "../scores/table.js";
import { showFigures, VIEWS } from "../scores/figures.js";
import { toastError } from "../ui/toast.js";

/** @typedef {import("../types").MetricColumn} MetricColumn */

const QUERY = {
  q: text(),
  dataset: text(),
  objective: text(),
  m: words(),
  fold: flag(),
  sort: text("name"),
  hide: words(),
  view: choice(["table", ...VIEWS.map(({ name }) => name)]),
};

const UNDER_WAY = ["queued", "running"];
const LOOK_MILLISECONDS = 5000;
let state = /** @type {any} */ (readQuery(QUERY, location.search));
/** @type {MetricColumn[]} */
let metrics = [];
/** @type {Record<string, Record<string, string>>} by metric and data set: the id of the clear winner */
let winners = {};

const body = need("#scores-body");
const problem = need("#scores-problem");
const rows = new ScoreRows(onHead, onRows, onProblem);
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

/** Filters as the server takes them. */
function filter() {
  return { q: state.q, dataset: state.dataset, objective: state.objective, model: state.m.join(",") };
}

/** The same view once more, with newer numbers: neither scrolled nor drawn anew from the start. */
let again = false;
async function load(sameView = false) {
  again = sameView;
  if (again) winnersOf = "";
  body.setAttribute("aria-busy", "true");
  await rows.reset({ ...filter(), fold: state.fold ? "true" : null, sort: state.sort });
  body.setAttribute("aria-busy", "false");
}

/** @param {import("../scores/row-source.js").Head} head */
async function onHead(head) {
  metrics = head.metrics;
  drawFilterRow(head.facets);
  const n = `${thousands(head.total)} ${state.fold ? "configurations" : head.total === 1 ? "model" : "models"}`;
  need("#scores-count").textContent =
    `${n}. Bold: best of its data set, where the intervals do not overlap${state.fold ? " (mean ± deviation over seeds)" : ""}.`;
  table.head();
  if (!again) {
    table.toTop();
    show();
  }
  await findWinners();
  table.body();
}

/** Which filter the winners are of: sorting does not change them. */
let winnersOf = "";
async function findWinners() {
  const of = JSON.stringify([filter(), state.fold]);
  if (of === winnersOf) return;
  winnersOf = of;
  winners = {};
  if (state.fold) foldedWinners();
  else {
    await new Promise((done) => setTimeout(done, 250)); // the rows come first
    if (winnersOf !== of) return;
    const found = await getJson("/api/v1/scores/best", { query: filter() }).catch(() => ({}));
    if (winnersOf === of) winners = found;
  }
}

/** Means over seeds with their deviation as the interval; only where all of them are here. */
function foldedWinners() {
  const all = rows.loaded();
  if (all.length < rows.total) return;
  for (const metric of metrics) {
    const cells = all.map(({ cells: { [metric.name]: cell } }) =>
      cell?.score === null || cell === undefined
        ? null
        : {
            score: cell.score,
            interval: /** @type {[number, number]} */ ([cell.score - (cell.std ?? 0), cell.score + (cell.std ?? 0)]),
          },
    );
    const datasets = all.map(({ dataset }) => dataset);
    const best = [...clearWinners(cells, datasets, metric.higher_is_better)];
    winners[metric.name] = Object.fromEntries(best.map((at) => [datasets[at], all[at].id]));
  }
}

function onRows() {
  table.body();
}

/** States change while jobs run: look again as long as a row that is here waits for one. */
async function lookAgain() {
  const waits = rows.loaded().some(({ cells }) => Object.values(cells).some(({ state: s }) => UNDER_WAY.includes(s)));
  if (waits && !rows.fresh && !rows.waiting) await load(true);
}

/** What stands above the table while rows cannot be read. @param {unknown | null} error */
function onProblem(error) {
  const button = el("button", { type: "button", class: "btn", on: { click: () => rows.retry() } }, "Try again");
  const reason = error instanceof Error ? error.message : String(error);
  const words = `Not all rows could be read: ${reason} They are tried again, with longer and longer pauses.`;
  update(problem, error ? [el("span", {}, words), button] : []);
  problem.hidden = !error;
  if (error && !rows.loaded().length) body.replaceChildren();
}

/** @param {Record<string, any>} patch */
function change(patch) {
  state = { ...state, ...patch };
  showInAddress(QUERY, state);
  if ("hide" in patch) {
    table.head();
    table.body();
  } else if ("view" in patch) show();
  else load();
}

let typing = 0;
let drawnFilters = "";
/** @param {import("../types").Facets} facets */
function drawFilterRow(facets) {
  const form = /** @type {HTMLFormElement} */ (need("#scores-filters"));
  const key = JSON.stringify([state, facets]);
  if (key === drawnFilters) return;
  drawnFilters = key;
  const focused = [...form.elements].indexOf(/** @type {Element} */ (document.activeElement));
  if (form.contains(document.activeElement) && document.activeElement?.matches("input[type=search]")) return;
  drawFilters(form, state, facets, (patch) => {
    clearTimeout(typing);
    typing = window.setTimeout(() => change(patch), "q" in patch ? 150 : 0);
  });
  form.append(
    el(
      "label",
      { class: "field" },
      el("input", {
        type: "checkbox",
        checked: state.fold,
        on: {
          change: (/** @type {Event} */ event) =>
            change({ fold: /** @type {HTMLInputElement} */ (event.target).checked }),
        },
      }),
      "Fold seeds",
    ),
  );
  if (state.m.length) {
    const all = () => change({ m: [] });
    form.append(
      el("span", { class: "chip accent" }, `${state.m.length} chosen models`),
      el("button", { type: "button", class: "btn", on: { click: all } }, "Show all"),
    );
  }
  if (focused >= 0) /** @type {HTMLElement | undefined} */ (form.elements[focused])?.focus();
}

const drawFigures = latest((signal, /** @type {string} */ view) => showFigures(body, view, filter(), metrics, signal));
function show() {
  drawFigures.cancel();
  for (const button of document.querySelectorAll("#scores-views button")) {
    button.setAttribute("aria-pressed", String(button instanceof HTMLElement && button.dataset.view === state.view));
  }
  need("#scores-columns").hidden = state.view !== "table";
  if (state.view === "table") {
    body.replaceChildren(rows.total ? table.node : empty());
    table.body();
  } else drawFigures(state.view).catch(toastError);
}

function empty() {
  return el(
    "div",
    { class: "empty" },
    el("b", {}, "No model fits"),
    "Change the filters, or train a model first: its metrics are computed and listed here.",
  );
}

async function csv() {
  /** @type {import("../types").ScoreMatrix} */
  const matrix = await getJson("/api/v1/scores/matrix", { query: filter() });
  const rows = matrix.ids.map((id, at) => [
    id,
    matrix.names[at],
    matrix.datasets[at],
    matrix.objectives[at],
    ...metrics.map(({ name }) => matrix.columns[name]?.[at] ?? null),
  ]);
  const head = ["model", "name", "dataset", "objective", ...metrics.map(({ name }) => name)];
  download("axiscope-scores.csv", toCsv([head, ...rows]), "text/csv");
}

const views = [{ name: "table", label: "Table" }, ...VIEWS];
need("#scores-views").append(
  ...views.map(({ name, label }) =>
    el("button", { type: "button", dataset: { view: name }, on: { click: () => change({ view: name }) } }, label),
  ),
);
need("#scores-columns").addEventListener("click", () => chooseColumns(metrics, state.hide, (hide) => change({ hide })));
need("#scores-csv").addEventListener("click", () => csv().catch(toastError));
addEventListener("popstate", () => {
  state = readQuery(QUERY, location.search);
  load();
});
document.addEventListener("axiscope:jobs", () => load(true));
poll(lookAgain, LOOK_MILLISECONDS);
load().finally(() => {
  document.body.dataset.ready = "1";
});
