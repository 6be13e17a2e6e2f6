/** Page of the jobs: the queue, one job as it runs, and the form of a new one. */

import { getJson, messageOf } from "../core/api.js";
import { need } from "../core/dom.js";
import { html, render } from "../core/html.js";
import { choice, readQuery, showInAddress, text, writeQuery } from "../core/url.js";
import { showJob } from "../jobs/detail.js";
import { showForm, SUGGESTED } from "../jobs/form.js";
import { FILTERS, jobList } from "../jobs/list.js";

const QUERY = { job: text(), show: choice(FILTERS.map(([name]) => name)) };
const view = need("#job-view");
let state = /** @type {any} */ (readQuery(QUERY, location.search));
/** Of what the view shows. */
let destroy = () => {};

/** @type {Promise<import("../types").Schemas> | null} */
let schemas = null;

/** @param {Record<string, any>} spec */
async function openForm(spec) {
  let isOpen = true;
  destroy();
  destroy = () => (isOpen = false);
  state = { ...state, job: "" };
  render(html`<p class="empty">Reading what can be trained …</p>`, view);
  try {
    schemas ??= getJson("/api/v1/schemas");
    const known = await schemas;
    if (!isOpen) return; // another job was chosen meanwhile
    destroy = showForm(view, known, spec, (answer) => {
      if (answer.axes) location.assign(`/sweeps/${answer.id}`);
      else go(answer.id);
    });
  } catch (error) {
    schemas = null;
    if (!isOpen) return;
    const reason = messageOf(error);
    const again = html`<button type="button" class="btn" @click=${() => openForm(spec)}>Try again</button>`;
    render(
      html`<p class="empty"><b>The form cannot be made</b>${reason}</p>
        <p class="empty">${again}</p>`,
      view,
    );
  }
}

/** @param {string} id */
function go(id) {
  history.pushState(null, "", location.pathname + writeQuery(QUERY, { ...state, job: id }));
  open();
}

/** Show what the address names. */
function open() {
  state = readQuery(QUERY, location.search);
  destroy();
  destroy = () => {};
  if (location.hash === "#new") {
    openForm({ ...SUGGESTED, ...runOf(new URLSearchParams(location.search)) });
  } else if (state.job) destroy = showJob(view, state.job, { onClone: clone, onChange: () => list.refresh() });
  else render(WELCOME, view);
  list.refresh();
}

/**
 * Return the settings of a run that a link names: data set, an uploaded set, rules of its distribution.
 * @param {URLSearchParams} query
 */
function runOf(query) {
  const [path, dataset] = ["upload", "dataset"].map((name) => query.get(name));
  const rules = ["correlations", "held_out_combinations"].flatMap((name) => {
    const texts = query.get(name)?.split(",").filter(Boolean) ?? [];
    return texts.length ? [[name, texts]] : [];
  });
  const settings = { ...(path && { path }), ...Object.fromEntries(rules) };
  return {
    ...((path || dataset) && { dataset: path ? "own" : dataset }),
    ...(Object.keys(settings).length && { dataset_settings: settings }),
  };
}

/** @param {Record<string, any>} spec of a job, with the settings that the service added */
function clone({ model: _, ...spec }) {
  history.pushState(null, "", `${location.pathname}#new`);
  openForm(spec);
}

const WELCOME = html`<div class="empty">
  <b>Choose a job of the list, or start one</b>
  A run trains one model, shows its loss and its latents while it trains, and puts the finished model among the others
  with its scores.
  <p><a class="btn primary" href="#new">New run</a></p>
</div>`;

const list = jobList(
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
