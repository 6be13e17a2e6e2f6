/** Page of the data: one data set, its factors, the latents that move with them, and its origin. */

import { getDataset, getJson, getModel, listModels, messageOf, Problem, withQuery } from "../core/api.js";
import { boot, need } from "../core/dom.js";
import { labelOf } from "../core/format.js";
import { html, render } from "../core/html.js";
import { createStore } from "../core/store.js";
import { number, numbers, readQuery, showInAddress, text, texts } from "../core/url.js";
import { factorBrowser } from "../data/browser.js";
import { distributionPanel } from "../data/distribution.js";
import { movementPanel } from "../data/movement.js";
import { facts, missingFiles, origin } from "../data/provenance.js";
import { trainPage, uploadPanel } from "../data/upload.js";

const QUERY = {
  factors: numbers(0),
  model: text(),
  factor: number(0),
  upload: text(),
  correlations: texts(),
  held_out_combinations: texts(),
};
const POLL_MILLISECONDS = 1500;
const body = need("#data-body");

/** @typedef {import("../data/provenance.js").ListedDataset} ListedDataset */

/** Data set to begin with: one whose files are on this machine. @param {ListedDataset[]} listed */
const first = (listed) => {
  const here = listed.filter(({ available }) => available);
  return here.find(({ name }) => name === "dsprites") ?? here[0] ?? listed[0];
};

/** @param {ListedDataset[]} datasets @param {string} chosen */
function drawChoice(datasets, chosen) {
  const select = /** @type {HTMLSelectElement} */ (need("#data-choice"));
  const group = (/** @type {string} */ label, /** @type {boolean} */ isHere) => {
    const options = datasets
      .filter(({ available }) => available === isHere)
      .map(({ name, title }) => html`<option value=${name} .selected=${name === chosen}>${title}</option>`);
    return options.length ? html`<optgroup label=${label}>${options}</optgroup>` : "";
  };
  render([group("On this machine", true), group("To be fetched", false)], select);
  select.addEventListener("change", () => location.assign(`/data/${encodeURIComponent(select.value)}`));
}

/** @param {import("../types").Dataset} dataset */
async function show(dataset) {
  const query = readQuery(QUERY, location.search);
  const sizes = dataset.factors.map(({ size }) => size);
  const given = /** @type {number[] | null} */ (query.factors);
  const fits = given && given.length === sizes.length && given.every((value, at) => value >= 0 && value < sizes[at]);
  const middle = sizes.map((size) => Math.floor(size / 2));
  const store = createStore({
    classes: fits ? given : middle,
    committed: 0,
    model: /** @type {string} */ (query.model),
    factor: Math.min(sizes.length - 1, Math.max(0, query.factor ?? 0)),
    ...(await rulesOf(query)),
  });
  const browser = factorBrowser(dataset, {
    get: () => store.get().classes,
    set: (classes) => store.set({ classes }),
    commit: () => store.set({ committed: store.get().committed + 1 }),
  });
  store.on(["classes"], browser.draw);
  store.on(["committed"], browser.strips);
  store.on(
    ["committed", "model", "factor", "correlations", "combinations"],
    ({ classes, model, factor, correlations, combinations }) =>
      showInAddress(QUERY, {
        factors: classes,
        model,
        factor,
        upload: query.upload,
        correlations,
        held_out_combinations: combinations,
      }),
  );
  const { items } = await listModels({ dataset: dataset.name, limit: 100 });
  const isSame = (/** @type {string} */ id) => !dataset.links.images.includes("?") || id === query.model;
  const models = items.filter((model) => !model.problem && isSame(model.id));
  const panel = movementPanel(dataset, models, store, getModel);
  const upload = /** @type {string} */ (query.upload);
  const distribution = sizes.length > 1 ? distributionPanel(dataset, store, upload).node : "";
  const content = html`
    <div class="facts">
      ${facts(dataset)} ${upload ? html`<a class="btn primary" href=${trainPage(upload)}>Train on it</a>` : ""}
    </div>
    <div class="data-grid">
      ${browser.node} ${panel.node} ${distribution} ${origin(dataset)}
      ${dataset.name === "own" ? await ownPictures(upload) : ""}
    </div>
  `;
  render(content, body);
  browser.draw();
  browser.strips();
}

/**
 * Return the rules of the distribution that the address names, else those of its model.
 * @param {Record<string, any>} query
 * @returns {Promise<{correlations: string[], combinations: string[]}>}
 */
async function rulesOf(query) {
  const { correlations, held_out_combinations: combinations } = query;
  if (correlations.length || combinations.length || !query.model) return { correlations, combinations };
  const settings = (await getModel(query.model).catch(() => null))?.dataset_settings ?? {};
  return { correlations: settings.correlations ?? [], combinations: settings.held_out_combinations ?? [] };
}

/** @param {string | null} shown uploaded set of the page */
const ownPictures = (shown) => uploadPanel({ shown, open: (page) => location.assign(page) });

/**
 * Return the data set; show the progress while its pictures are converted.
 * @param {string} name
 * @param {string} [model]
 * @param {string} [upload]
 * @returns {Promise<import("../types").Dataset>}
 */
async function readyDataset(name, model, upload) {
  for (;;) {
    try {
      return await getDataset(name, model, upload);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503) throw error;
      render(html`<div class="card empty" role="status"><b>One moment</b>${error.message}</div>`, body);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }
}

/**
 * Links to images that only the models trained on them name, such as a folder of own images.
 * @param {string} name of the data set
 */
async function modelLinks(name) {
  const { items } = await listModels({ dataset: name, limit: 100 });
  if (!items.length) return "";
  const links = items.map(
    ({ id, name: title }) =>
      html`<p><a class="btn" href=${withQuery(location.pathname, { model: id })}>${title}</a></p>`,
  );
  return html`<section class="card empty"><b>Open it with the settings of one of these models</b>${links}</section>`;
}

async function start() {
  const { items } = await getJson("/api/v1/datasets");
  const name = boot().dataset ?? first(items)?.name;
  drawChoice(items, name);
  const known = /** @type {ListedDataset[]} */ (items).find((item) => item.name === name);
  need("#data-title").textContent = known?.title ?? labelOf(name ?? "Data");
  const query = new URLSearchParams(location.search);
  const [model, upload] = ["model", "upload"].map((key) => query.get(key) ?? undefined);
  if (known && !known.available && (known.files.length || (!model && !upload))) {
    document.title = `${known.title} · Axiscope`;
    const links = known.files.length ? "" : await modelLinks(name);
    const first = name === "own" ? await ownPictures(null) : missingFiles(known);
    render(html`<div class="data-grid">${first}${links}</div>`, body);
    return;
  }
  const dataset = await readyDataset(name, model, upload).catch((error) =>
    model ? readyDataset(name) : Promise.reject(error),
  );
  need("#data-title").textContent = dataset.title;
  document.title = `${dataset.title} · Axiscope`;
  await show(dataset);
}

start()
  .catch((error) => {
    const name = boot().dataset;
    const title = name ? `${labelOf(name)} cannot be shown` : "The data sets cannot be listed";
    const reason = messageOf(error);
    render(html`<div class="card empty"><b>${title}</b>${reason}</div>`, body);
  })
  .finally(() => {
    body.setAttribute("aria-busy", "false");
    document.body.dataset.ready = "1";
  });
