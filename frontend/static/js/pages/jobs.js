/** The jobs page: the queue, one job as it runs, and the form of a new one. */

import { getJson } from "../core/api.js";
import { el, need } from "../core/dom.js";
import { choice, readQuery, showInAddress, text, writeQuery } from "../core/url.js";
import { showJob } from "../jobs/detail.js";
import { showForm, SUGGESTED } from "../jobs/form.js";
import { FILTERS, queueList } from "../jobs/list.js";

const QUERY = { job: text(), show: choice(FILTERS.map(([name]) => name)) };
const view = need("#job-view");
let state = /** @type {any} */ (readQuery(QUERY, location.search));
let stop = () => {};

/** @type {Promise<import("../types").Schemas> | null} */
let schemas = null;

/** @param {Record<string, any>} spec */
async function form(spec) {
  let shown = true;
  stop();
  stop = () => (shown = false);
  state = { ...state, job: "" };
  view.replaceChildren(el("p", { class: "empty" }, "Reading what can be trained …"));
  try {
    schemas ??= getJson("/api/v1/schemas");
    const known = await schemas;
    if (!shown) return; // another job was chosen meanwhile
    stop = showForm(view, known, { spec }, (answer) => {
      if (answer.axes) location.assign(`/sweeps/${answer.id}`);
      else go(answer.id);
    });
  } catch (error) {
    schemas = null;
    if (!shown) return;
    view.replaceChildren(
      el(
        "p",
        { class: "empty" },
        el("b", {}, "The form cannot be made"),
        error instanceof Error ? error.message : String(error),
      ),
      el(
        "p",
        { class: "empty" },
        el("button", { type: "button", class: "btn", on: { click: () => form(spec) } }, "Try again"),
      ),
    );
  }
}

/** @param {string} id */
function go(id) {
  history.pushState(null, "", location.pathname + writeQuery(QUERY, { ...state, job: id }));
  open();
}

/** Show what the address says. */
function open() {
  state = readQuery(QUERY, location.search);
  stop();
  stop = () => {};
  if (location.hash === "#new" || !state.job) {
    const path = new URLSearchParams(location.search).get("upload");
    const own = path ? { dataset: "own", dataset_settings: { path } } : {};
    if (location.hash === "#new") form({ ...SUGGESTED, ...own });
    else view.replaceChildren(welcome());
  } else {
    stop = showJob(view, state.job, { onClone: clone, onChange: () => list.look() });
  }
  list.look();
}

/** @param {Record<string, any>} spec of a job: the parts that the service put in are taken out */
function clone(spec) {
  const { model: _, ...rest } = spec;
  history.pushState(null, "", `${location.pathname}#new`);
  form(rest);
}

function welcome() {
  return el(
    "div",
    { class: "empty" },
    el("b", {}, "Choose a job at the left, or start one"),
    "A run trains one model, shows its loss and its latents as they form, and puts the finished model into the gallery with its scores.",
    el("p", {}, el("a", { class: "btn primary", href: "#new" }, "New run")),
  );
}

const list = queueList(
  { list: need("#job-list"), filters: need("#job-filter") },
  {
    selected: () => state.job,
    filter: () => state.show,
    onFilter: (show) => {
      state = { ...state, show };
      showInAddress(QUERY, state);
    },
  },
);
need("#job-list").addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(link.dataset.job ?? "");
});
addEventListener("popstate", open);
addEventListener("hashchange", open);
open();
document.body.dataset.ready = "1";
