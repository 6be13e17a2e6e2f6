/** The data page: one data set, its factors, what moves with them, and where it comes from. */

import { getDataset, getJson, getModel, listModels, Problem, withQuery } from "../core/api.js";
import { boot, el, need } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { createStore } from "../core/store.js";
import { number, numbers, readQuery, showInAddress, text } from "../core/url.js";
import { absent } from "../data/missing-files.js";
import { factorBrowser } from "../data/browser.js";
import { facts, origin } from "../data/provenance.js";
import { movementPanel } from "../data/panel.js";
import { toastError } from "../ui/toast.js";
import { trainPage, uploadPanel } from "../data/upload.js";

const QUERY = { factors: numbers(0), model: text(), factor: number(0), upload: text() };
const BUSY_MILLISECONDS = 1500;
const body = need("#data-body");

/** @typedef {import("../data/missing-files.js").Listed} Listed */

/** The set to begin with: one that is here. @param {Listed[]} listed */
const first = (listed) => {
  const here = listed.filter(({ available }) => available);
  return here.find(({ name }) => name === "dsprites") ?? here[0] ?? listed[0];
};

/** @param {Listed[]} datasets @param {string} chosen */
function drawChoice(datasets, chosen) {
  const select = /** @type {HTMLSelectElement} */ (need("#data-choice"));
  const group = (/** @type {string} */ label, /** @type {boolean} */ here) => {
    const options = datasets
      .filter(({ available }) => available === here)
      .map(({ name, title }) => el("option", { value: name, selected: name === chosen }, title));
    return options.length ? [el("optgroup", { label }, options)] : [];
  };
  select.replaceChildren(...group("On this machine", true), ...group("To be fetched", false));
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
  });
  const remember = () => {
    const { classes, model, factor } = store.get();
    showInAddress(QUERY, { factors: classes, model, factor, upload: query.upload });
  };
  const browser = factorBrowser(dataset, {
    get: () => store.get().classes,
    set: (classes) => store.set({ classes }),
    commit: () => store.set({ committed: store.get().committed + 1 }),
  });
  store.on(["classes"], browser.draw);
  store.on(["committed"], browser.strips);
  store.on(["committed", "model", "factor"], remember);
  const { items } = await listModels({ dataset: dataset.name, limit: 100 });
  const same = (/** @type {string} */ id) => !dataset.links.images.includes("?") || id === query.model;
  const models = items.filter((model) => !model.problem && same(model.id));
  const panel = movementPanel(dataset, models, store, { load: getModel, fail: toastError });
  const upload = /** @type {string} */ (query.upload);
  const train = upload && el("a", { class: "btn primary", href: trainPage(upload) }, "Train on it");
  const own = dataset.name === "own" ? [await ownPictures(upload)] : [];
  const about = el("div", { class: "facts" }, [...facts(dataset).children], train);
  body.replaceChildren(about, el("div", { class: "data-grid" }, browser.node, panel, origin(dataset), ...own));
  browser.draw();
  browser.strips();
}

/** @param {string | null} shown uploaded set that the page shows */
const ownPictures = (shown) => uploadPanel({ shown, open: (page) => location.assign(page) });

/**
 * The data set; while its pictures are converted, the page says how far that is.
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
      body.replaceChildren(
        el("div", { class: "card empty", role: "status" }, el("b", {}, "One moment"), error.message),
      );
      await new Promise((resolve) => setTimeout(resolve, BUSY_MILLISECONDS));
    }
  }
}

/**
 * Ways into images that only the models trained on them know, such as a folder of one's own.
 * @param {string} name of the data set
 */
async function asModelsSawIt(name) {
  const { items } = await listModels({ dataset: name, limit: 100 });
  if (!items.length) return [];
  const links = items.map(({ id, name: title }) =>
    el("p", {}, el("a", { class: "btn", href: withQuery(location.pathname, { model: id }) }, title)),
  );
  return [el("section", { class: "card empty" }, el("b", {}, "Open it as one of these models saw it"), links)];
}

async function start() {
  const { items } = await getJson("/api/v1/datasets");
  const name = boot().dataset ?? first(items)?.name;
  drawChoice(items, name);
  const known = /** @type {Listed[]} */ (items).find((item) => item.name === name);
  need("#data-title").textContent = known?.title ?? spoken(name ?? "Data");
  const model = new URLSearchParams(location.search).get("model") ?? undefined;
  const upload = new URLSearchParams(location.search).get("upload") ?? undefined;
  if (known && !known.available && !model && !upload) {
    document.title = `${known.title} · Axiscope`;
    const ways = known.files.length ? [] : await asModelsSawIt(name);
    const shown = name === "own" ? [await ownPictures(null), ...ways] : [absent(known), ...ways];
    body.replaceChildren(el("div", { class: "data-grid" }, shown));
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
    body.replaceChildren(
      el(
        "div",
        { class: "card empty" },
        el("b", {}, name ? `${spoken(name)} cannot be shown` : "The data sets cannot be listed"),
        error instanceof Error ? error.message : String(error),
      ),
    );
  })
  .finally(() => {
    body.setAttribute("aria-busy", "false");
    document.body.dataset.ready = "1";
  });
