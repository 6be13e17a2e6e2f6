/** One figure of a study: read when it comes into view, with a select for each choice; points open their models. */

import { explorePage, withQuery } from "../core/api.js";
import { el } from "../core/dom.js";
import { isAbort, latest } from "../core/latest.js";
import { createChart } from "../ui/chart.js";
import { createPanel, unread } from "../ui/panel.js";
import { readFigure, themed } from "../ui/service-figure.js";

/** Most models that Compare shows at once. */
const MAX_COMPARED = 6;

/**
 * The page of the models of a point: Explore of one, Compare of several; null without a model.
 * @param {unknown} customdata ids joined by commas
 */
export function pageOf(customdata) {
  const ids = typeof customdata === "string" ? customdata.split(",").filter(Boolean) : [];
  if (!ids.length) return null;
  if (ids.length === 1) return explorePage(ids[0]);
  return `/compare?m=${ids.slice(0, MAX_COMPARED).map(encodeURIComponent).join(",")}`;
}

/** "mig?choice=dsprites&choice=3". @param {string} name @param {string[]} chosen */
export const withChoices = (name, chosen) =>
  chosen.length ? `${name}?${new URLSearchParams(chosen.map((value) => ["choice", value]))}` : name;

/**
 * @param {string} path of the study
 * @param {{name: string, title: string}} figure
 * @param {Record<string, any>} source scale or import
 */
export function createFigure(path, { name, title }, source) {
  const chart = createChart(title, {
    onClick: ({ customdata }) => {
      const page = pageOf(customdata);
      if (page) location.assign(page);
    },
  });
  const choices = el("div", { class: "choices" });
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  /** @type {string[]} */
  let chosen = [];
  const kind = () => withChoices(name, chosen);
  const read = latest((signal) =>
    readFigure(path, kind(), source).then((figure) => {
      signal.throwIfAborted();
      return figure;
    }),
  );
  async function show() {
    try {
      const figure = await read();
      choices.replaceChildren(...figure.layout.meta.choices.map(field));
      place.replaceChildren(chart.node);
      await chart.draw(() => themed(figure));
    } catch (error) {
      if (isAbort(error)) return;
      place.replaceChildren(unread(error, show));
    }
  }
  /** @param {{title: string, values: any[], texts: string[], chosen: any}} choice */
  function field({ title, values, texts, chosen: present }) {
    const options = values.map((value, n) =>
      el("option", { value: String(value), selected: value === present }, texts[n]),
    );
    const select = el("select", {}, ...options);
    select.addEventListener("change", () => {
      chosen = [...choices.querySelectorAll("select")].map((one) => one.value);
      show();
    });
    return el("label", {}, `${title} `, select);
  }
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    show();
  });
  const rest = () => withQuery(`${path}/figures/${kind()}`, source);
  const panel = createPanel({ title, name, exports: () => ({ chart, rest: rest() }) }, choices, place);
  seen.observe(panel.node);
  return {
    node: panel.node,
    destroy() {
      seen.disconnect();
      chart.destroy();
    },
  };
}
