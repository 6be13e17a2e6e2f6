/** Column of latents: counts, order, range and base point, and one row for each latent. */

import { ask } from "../../ui/dialog.js";
import { loadImportance } from "../metric-results.js";
import { attachMenu } from "../../ui/menu.js";
import { createLife, dots, el, select } from "../../core/dom.js";
import { ORDERS, RANGES, countStates, customRange, orderOf } from "../../math/latents.js";
import { freshSeed } from "../../math/random.js";
import { missing } from "../../ui/panel.js";
import { term, termMark } from "../../ui/glossary.js";
import { toast, toastError } from "../../ui/toast.js";
import { createRow } from "./row.js";

/** @typedef {import("../session.js").Session} Session */

const BASES = ["encoded", "current", "mean", "zero", "random", "pinned"].map((name) => [name, name]);

const OWN_SAMPLES =
  "No data set is known: ranges, KL and states are those of images that the model decoded itself, from the prior.";

/**
 * @param {HTMLElement} root
 * @param {Session} session
 * @returns {() => void} destroy
 */
export function mountLatents(root, session) {
  const { signal, destroy } = createLife(root);
  const { store, model } = session;
  const list = el("div", { class: "rows", role: "list" });
  root.append(header(session), options(session, signal));
  if (model.statistics_of === "own samples") root.append(el("p", { class: "note soft" }, OWN_SAMPLES));
  root.append(list);
  const reorder = allowReorder(list, session);
  const rows = model.statistics.map((_, i) => createRow(session, i, (by) => reorder.move(i, by), signal));
  if (!rows.length)
    root.append(
      missing(
        "The model has no statistics of its latents",
        "Import it again: ",
        el("code", {}, "axiscope import … --replace"),
      ),
    );

  const arrange = () => {
    const { order, manual, importance, hideDead } = store.get();
    const shown = orderOf(order, model.statistics, { manual, importance }).filter(
      (i) => !hideDead || model.statistics[i].state !== "dead",
    );
    list.replaceChildren(...shown.map((i) => rows[i].node));
  };
  arrange();
  store.on(["order", "manual", "importance", "hideDead"], arrange, signal);
  return destroy;
}

/** @param {Session} session */
function header(session) {
  const { model } = session;
  const counts = countStates(model.statistics);
  const stateCounts = /** @type {const} */ (["active", "weak", "saturated", "dead"])
    .filter((state) => counts[state])
    .flatMap((state, n) => [`${n ? ", " : ""}${counts[state]} `, term(state)]);
  const more = el(
    "button",
    { class: "btn square quiet", type: "button", "aria-label": "More of the latents", title: "More" },
    dots(),
  );
  attachMenu(more, () => menuItems(session));
  return el(
    "div",
    { class: "bar" },
    el("h2", {}, "Latents"),
    termMark("latent"),
    el("span", { class: "counts soft" }, stateCounts, ` of ${model.latents}`),
    el("span", { class: "grow" }),
    more,
  );
}

/** @param {Session} session @param {AbortSignal} signal */
function options(session, signal) {
  const { store } = session;
  const order = select("Order of the latents", Object.entries(ORDERS), (value) => store.set({ order: value }));
  order.value = store.get().order;
  const byImportance = async () => {
    if (store.get().order !== "importance" || store.get().importance) return;
    if (!(await loadImportance(session))) toast("DCI has not been computed for this model: ordered by KL", "bad");
  };
  const onOrder = () => {
    order.value = store.get().order;
    byImportance().catch(toastError);
  };
  store.on(["order"], onOrder, signal);
  byImportance().catch(toastError);
  const range = el("select", { "aria-label": "Range of the sliders" }, rangeOptions(store.get().range));
  range.value = store.get().range;
  range.addEventListener("change", async () => {
    if (range.value !== "custom") return store.set({ range: range.value });
    const hint = "Two numbers, the smaller first: -2.5:2.5";
    const question = { title: "Range of all sliders", hint, value: "-2.5:2.5" };
    const given = await ask({ ...question, fits: (text) => customRange(text) !== undefined });
    if (given) store.set({ range: given });
    else range.value = store.get().range;
  });
  const onRange = () => {
    range.replaceChildren(...rangeOptions(store.get().range));
    range.value = store.get().range;
  };
  store.on(["range"], onRange, signal);

  const base = select("Base point of the traversals", BASES, (value) => {
    const { z, pinned } = store.get();
    store.set({
      base: value,
      ...(value === "pinned" && !pinned ? { pinned: z } : {}),
      ...(value === "random" ? { baseSeed: freshSeed() } : {}),
    });
  });
  base.value = store.get().base;
  store.on(["base"], (s) => (base.value = s.base), signal);

  return el(
    "div",
    { class: "options" },
    el("span", { class: "field" }, term("order"), order),
    el("span", { class: "field" }, term("range"), range),
    el("span", { class: "field" }, term("base"), base),
  );
}

/** @param {string} current */
function rangeOptions(current) {
  const known = Object.entries(RANGES).map(([value, label]) => el("option", { value }, label));
  const own = current in RANGES ? [] : [el("option", { value: current }, current.replace(":", " to "))];
  return [...known, ...own, el("option", { value: "custom" }, "custom …")];
}

/**
 * @param {Session} session
 * @returns {import("../../ui/menu.js").MenuItem[]}
 */
function menuItems(session) {
  const { store, model } = session;
  const { hideDead, strips, z } = store.get();
  const alive = model.statistics.flatMap((s, i) => (s.state === "dead" ? [] : [i]));
  return [
    { label: hideDead ? "Show dead latents" : "Hide dead latents", run: () => store.set({ hideDead: !hideDead }) },
    { label: "Film strips of all latents but dead ones", run: () => store.set({ strips: alive }) },
    {
      label: "Close all film strips",
      run: () => store.set({ strips: [] }),
      hint: strips.length ? `${strips.length} open` : "",
    },
    "line",
    { label: "Pin this point as base", run: () => store.set({ pinned: z, base: "pinned" }) },
    { label: "All latents to their mean", run: () => session.setVector(session.mean) },
    { label: "All latents to the encoded value", run: () => session.setVector(store.get().encoded) },
    { label: "Unlock all latents", run: () => store.set({ locks: [] }) },
  ];
}

/**
 * Let rows be dragged by their handle into a manual order.
 * @param {HTMLElement} list
 * @param {Session} session
 */
function allowReorder(list, session) {
  /** @type {HTMLElement | null} */
  let dragged = null;
  const order = () => [...list.children].map((row) => Number(/** @type {HTMLElement} */ (row).dataset.latent));
  list.addEventListener("dragstart", (event) => {
    dragged = /** @type {HTMLElement} */ (event.target).closest("[data-latent]");
    event.dataTransfer?.setData("text/plain", dragged?.dataset.latent ?? "");
  });
  list.addEventListener("dragover", (event) => {
    const over = /** @type {HTMLElement} */ (event.target).closest("[data-latent]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const rows = [...list.children];
    list.insertBefore(dragged, rows.indexOf(dragged) < rows.indexOf(over) ? over.nextSibling : over);
  });
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged = null;
    session.store.set({ order: "manual", manual: order() });
  });
  return {
    /** Move the row of a latent. @param {number} index @param {number} by rows, negative upwards */
    move(index, by) {
      const now = order();
      const at = now.indexOf(index);
      const to = Math.max(0, Math.min(now.length - 1, at + by));
      now.splice(to, 0, ...now.splice(at, 1));
      session.store.set({ order: "manual", manual: now });
    },
  };
}
