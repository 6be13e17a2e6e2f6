/** A panel that draws a figure of the service: read when it is shown, drawn anew when the page's state changes. */

import { modelPath, withQuery } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { isAbort, latest } from "../../core/latest.js";
import { orderOf } from "../../math/latents.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel, isAbsent, unread, withoutDataset } from "../../ui/panel.js";
import { inOrder, outlined, readFigure, themed } from "../../ui/service-figure.js";

/**
 * @typedef {import("../session.js").Session} Session
 * @typedef {import("../session.js").State} State
 * @typedef {import("../../types").Figure} Figure
 * @typedef {object} What
 * @property {string} title
 * @property {string} [term] id of the glossary
 * @property {string} name of exported files, after the model's
 * @property {string} label accessible name of the chart
 * @property {() => [kind: string, query?: Record<string, any>]} address of the figure
 * @property {(figure: Figure) => Figure} [restyle] the themed figure by the page's state
 * @property {(figure: Figure) => (Node | string)[]} [note] below the chart
 * @property {(figure: Figure) => (string | number | null | undefined)[][]} rows of the CSV file, header first
 * @property {import("../../ui/chart-keys.js").React} [react]
 * @property {(keyof State)[]} [redraw] keys of the state whose change draws the figure anew
 * @property {(keyof State)[]} [rested] keys of the state whose change draws the figure anew, once sliders rest
 * @property {(keyof State)[]} [reread] keys whose change needs another figure, once sliders rest
 * @property {boolean} [factors] whether only a model with a data set has the figure
 * @property {() => Node} [absent] in the place of a figure that the model does not have
 * @property {() => Promise<unknown>} [also] to read before the figure is
 * @property {Node[]} [controls]
 * @property {Node[]} [below] nodes below the note
 * @property {Node[]} [after] nodes at the end, with or without a figure
 */

/**
 * @param {Session} session
 * @param {AbortSignal} signal ends the panel
 * @param {What} what
 */
export function figurePanel(session, signal, what) {
  const { store, model, rest } = session;
  const chart = createChart(what.label, what.react);
  signal.addEventListener("abort", chart.destroy);
  const note = el("p", { class: "note" });
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  /** @type {Figure | null} */
  let figure = null;
  const read = latest(async (newest) => {
    await what.also?.();
    const [kind, query] = what.address();
    const found = await readFigure(modelPath(model.id), kind, query);
    newest.throwIfAborted();
    return found;
  });
  function draw() {
    if (!figure || !chart.node.isConnected) return;
    const shown = figure;
    note.replaceChildren(...(what.note?.(shown) ?? []));
    return chart.draw(() => what.restyle?.(themed(shown)) ?? themed(shown));
  }
  async function show() {
    if (what.factors && !model.dataset) return place.replaceChildren(withoutDataset());
    try {
      figure = await read();
    } catch (error) {
      if (isAbort(error)) return;
      figure = null;
      place.replaceChildren((isAbsent(error) && what.absent?.()) || unread(error, show));
      return;
    }
    if (!chart.node.isConnected) place.replaceChildren(chart.node, note, ...(what.below ?? []));
    return draw();
  }
  const again = rest.later(() => place.isConnected && show());
  store.on(what.redraw ?? [], draw, signal);
  store.on(what.rested ?? [], rest.later(draw), signal);
  store.on(what.reread ?? [], again, signal);
  const exports = () => {
    const shown = figure;
    const rest = withQuery(`${modelPath(model.id)}/figures/${what.address()[0]}`, what.address()[1]);
    return shown ? { chart, csv: () => toCsv(what.rows(shown)), rest } : { rest };
  };
  const { title, controls } = what;
  const panel = createPanel(
    { title, term: what.term, name: `${model.id}-${what.name}`, controls, exports },
    place,
    ...(what.after ?? []),
  );
  return { node: panel.node, show, draw, chart };
}

/** Latents in the order of the sliders. @param {Session} session */
export function sliderOrder({ store, model }) {
  const { order, manual, importance } = store.get();
  return orderOf(order, model.statistics, { manual, importance });
}

/**
 * A figure of latents by factors in the state of the page: order, names, focused row, chosen cell.
 * @param {Session} session
 * @param {Figure} figure
 * @param {number[]} order
 */
export function asSliders({ store }, figure, order) {
  const { focus, factor, names } = store.get();
  return outlined(inOrder(figure, order, names), focus, factor);
}
