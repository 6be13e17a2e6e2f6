/** Script of the Compare page: 2 to 6 models, one input, linked sliders, and all evidence side by side. */

import { comparePage, copiedImages, isCopy, listModels, messageOf } from "../core/api.js";
import { boot, createLife, el, need } from "../core/dom.js";
import { render } from "../core/html.js";
import { latest } from "../core/latest.js";
import { Comparison } from "../compare/comparison.js";
import { choice, number, readQuery, showInAddress, texts } from "../core/url.js";
import { differences } from "../compare/differences.js";
import { readEvidence, scoreRows } from "../compare/scores.js";
import { lossCurves, scoreFigures } from "../compare/figures.js";
import { head } from "../compare/layout.js";
import { correlationMaps, hintonMaps } from "../compare/factor-figures.js";
import { pictures } from "../compare/pictures.js";
import { readStability, stabilityRow } from "../compare/stability.js";
import { sliders } from "../compare/sliders.js";
import { strips } from "../compare/traversals.js";
import { RUNTIME } from "../inference/model-files.js";
import { MAX_COMPARED, recipe } from "../core/models.js";
import { noModels } from "../ui/no-models.js";
import { checkService, queue } from "../ui/queue-status.js";
import { toastError } from "../ui/toast.js";

const QUERY = {
  m: texts(),
  link: choice(["factor", "matched", "index"]),
  index: number(-1),
  fold: choice(["seeds", "no"]),
};
const state = /** @type {any} */ (readQuery(QUERY, location.search));
const root = need("#compare");
const vendor = boot().vendor ?? {};
/** The comparison that the address names. @type {ReturnType<typeof mountComparison> | null} */
export let shown = null;

/** @param {string[]} ids */
const go = (ids) => location.assign(comparePage(ids));

async function start() {
  const { items } = await listModels({ state: "ready", limit: 200, sort: "name" });
  drawAdd(items);
  if (!items.length) {
    root.replaceChildren();
    render(noModels("No models yet", "Models are compared here side by side."), root);
    return;
  }
  const listed = items.map((/** @type {{ id: string }} */ { id }) => id);
  const named = [...new Set(/** @type {string[]} */ (state.m))].slice(0, MAX_COMPARED);
  // a static copy has matches of models in the order of its list alone
  const ids = isCopy() ? listed.filter((/** @type {string} */ id) => named.includes(id)) : named;
  if (ids.length < 2) {
    root.replaceChildren(choose(items, ids));
    return;
  }
  shown = mountComparison(ids);
  await shown.ready.catch((error) => {
    const known = ids.filter((id) => listed.includes(id));
    root.replaceChildren(choose(items, known, `These models cannot be compared: ${messageOf(error)}`));
  });
}

/**
 * Show models side by side.
 * @param {string[]} ids
 * @returns {{ ready: Promise<void>, destroy: () => void }} `ready`: models and scores are shown
 */
export function mountComparison(ids) {
  const { signal, destroy } = createLife(root);
  const comparison = new Comparison(ids, { runtime: vendor.ort ? RUNTIME : null, mode: state.link });
  const start = async () => {
    await comparison.load();
    if (signal.aborted) return comparison.destroy();
    for (const { decoder } of comparison.columns)
      decoder.on(({ problem }) => problem && queue.get().answers && checkService(), signal);
    addEventListener("pagehide", () => comparison.stop(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && comparison.start(), { signal });
    root.style.setProperty("--models", String(ids.length));
    await show(comparison, signal);
  };
  signal.addEventListener("abort", () => comparison.destroy());
  const ready = start().catch((error) => {
    if (!signal.aborted) throw error;
  });
  return { ready, destroy };
}

/** @param {Comparison} comparison @param {AbortSignal} signal */
async function show(comparison, signal) {
  let seeds = comparison.ids.map(() => 1);
  const top = head(
    comparison,
    {
      folded: () => seeds,
      onDrop: (id) => go(comparison.ids.filter((other) => other !== id)),
      onMode: (mode) => comparison.link(mode).catch(toastError),
    },
    signal,
  );
  const scores = el("div", {});
  const stability = el("div", {});
  const figures = el("div", { class: "compare-figures" });
  root.replaceChildren(
    top.node,
    pictures(comparison, signal),
    sliders(comparison, signal),
    correlationMaps(comparison, signal),
    strips(comparison, signal),
    hintonMaps(comparison, signal),
    scores,
    stability,
    differences(comparison),
    figures,
  );
  const first = openingImage(comparison, -1);
  const query = { ...QUERY, index: number(first) };
  const showState = () => {
    const { mode, index } = comparison.store.get();
    showInAddress(query, { ...state, link: mode, index: index < 0 ? first : index });
  };
  comparison.store.on(["mode", "index"], showState, signal);
  if (comparison.dataset) comparison.showIndex(openingImage(comparison, state.index)).catch(toastError);
  else comparison.reset();

  /** @type {import("../compare/figures.js").Panel[]} */
  let panels = [];
  /** Read and draw scores and figures; the newest call wins. */
  const evidence = latest(async (newest) => {
    const datasets = comparison.columns.map(({ model }) => model.dataset);
    const found = await readEvidence(comparison.ids, datasets, state.fold === "seeds", newest);
    const curves = await lossCurves(comparison, found, newest);
    newest.throwIfAborted();
    seeds = found.seeds.map((ids) => ids.length);
    top.draw();
    const fold = el("input", {
      type: "checkbox",
      checked: state.fold === "seeds",
      on: {
        change: () => {
          state.fold = fold.checked ? "seeds" : "no";
          showState();
          evidence().catch(toastError);
        },
      },
    });
    stability.replaceChildren();
    scores.replaceChildren(scoreRows(comparison, found, [el("label", { class: "field" }, fold, "Average over seeds")]));
    for (const panel of panels) panel.destroy();
    panels = [...(curves ? [curves] : []), ...scoreFigures(comparison, found)];
    figures.replaceChildren(...panels.map(({ node }) => node));
    for (const panel of panels) await panel.draw();
    const shares = await readStability(found.seeds, signal);
    signal.throwIfAborted();
    const names = comparison.columns.map(({ model }) => model.name);
    stability.replaceChildren(...[stabilityRow(names, shares)].filter((row) => row !== null));
  });
  signal.addEventListener("abort", () => {
    evidence.cancel();
    for (const panel of panels) panel.destroy();
  });
  await evidence();
}

/**
 * Return the named image, else the one that the Explore page of the first model opens with; in a static copy that lacks
 * it, its first one.
 * @param {Comparison} comparison
 * @param {number} named -1 for none
 */
function openingImage({ columns, dataset }, named) {
  const model = columns.find(({ model }) => model.dataset === dataset?.name)?.model;
  const index = named < 0 ? Number(new URLSearchParams(model?.view).get("image")) || 0 : named;
  const copied = dataset && copiedImages(dataset.links.images);
  return copied && !copied.includes(index) ? (copied[0] ?? 0) : index;
}

/** @param {import("../types").ModelSummary[]} models */
function drawAdd(models) {
  const select = /** @type {HTMLSelectElement} */ (need("#compare-add"));
  select.append(
    ...models
      .filter(({ id }) => !state.m.includes(id))
      .map((model) => el("option", { value: model.id }, `${model.name} (${recipe(model).split(" · ").pop()})`)),
  );
  select.hidden = state.m.length >= MAX_COMPARED || models.every(({ id }) => state.m.includes(id));
  select.addEventListener("change", () => {
    if (select.value) go([...state.m, select.value]);
  });
}

/**
 * @param {import("../types").ModelSummary[]} models
 * @param {string[]} ids that are chosen already
 * @param {string} [problem] why the named models are not shown
 */
function choose(models, ids, problem) {
  /** @type {Set<string>} */
  const chosen = new Set(ids);
  const button = el(
    "button",
    { type: "button", class: "btn primary", on: { click: () => go([...chosen]) } },
    "Compare",
  );
  const draw = () => {
    button.disabled = chosen.size < 2 || chosen.size > MAX_COMPARED;
    button.textContent = chosen.size < 2 ? "Choose at least two" : `Compare ${chosen.size} models`;
  };
  const list = models.map((model) => {
    const { id, name } = model;
    const box = el("input", {
      type: "checkbox",
      checked: chosen.has(id),
      on: { change: () => (box.checked ? chosen.add(id) : chosen.delete(id), draw()) },
    });
    return el("label", {}, box, el("b", {}, name), el("span", { class: "soft" }, recipe(model)));
  });
  draw();
  return el(
    "div",
    { class: "page" },
    problem && el("p", { class: "notice bad", role: "alert" }, problem),
    el(
      "div",
      { class: "card choose" },
      el("h2", {}, "Which models?"),
      el("p", { class: "soft" }, `Choose 2 to ${MAX_COMPARED}. Models of one data set can share an input image.`),
      list,
      button,
    ),
  );
}

start()
  .catch((error) => {
    root.replaceChildren(
      el("div", { class: "empty" }, el("b", {}, "These models cannot be compared"), messageOf(error)),
    );
  })
  .finally(() => {
    root.setAttribute("aria-busy", "false");
    document.body.dataset.ready = "1";
  });
