/** A panel: title, controls, full screen, and a menu of exports and links; and advice in the place of missing data. */

import { messageOf, Problem } from "../core/api.js";
import { el, icon, dots } from "../core/dom.js";
import { download } from "./download.js";
import { fullScreen } from "./dialog.js";
import { termMark } from "./glossary.js";
import { attachMenu } from "./menu.js";
import { copyText, toastError } from "./toast.js";

/**
 * @typedef {object} Exports what the menu offers; leave out what there is not
 * @property {ReturnType<typeof import("./chart.js").createChart>} [chart] PNG, SVG, JSON
 * @property {() => string} [csv]
 * @property {() => void} [png] for pictures that are not charts
 * @property {() => any} [json] for panels without a chart
 * @property {string} [rest] path under which the service answers the same
 * @property {import("./menu.js").MenuItem[]} [more]
 */

/**
 * @param {{ title: string, name: string, term?: string, controls?: Node[], exports?: () => Exports }} what `name`: of
 *   exported files; `term`: id of the glossary
 * @param {...Node} children
 */
export function createPanel({ title, name, term, controls = [], exports }, ...children) {
  const full = el(
    "button",
    { class: "btn square quiet", type: "button", "aria-label": `Full screen: ${title}`, title: "Full screen" },
    icon("M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"),
  );
  const menu = el(
    "button",
    { class: "btn square quiet", type: "button", "aria-label": `Menu: ${title}`, title: "Export and links" },
    dots(),
  );
  const heading = el("h2", {}, title);
  const node = el(
    "section",
    { class: "panel", "aria-label": title },
    el(
      "div",
      { class: "bar" },
      heading,
      term && termMark(term),
      el("span", { class: "grow" }),
      controls,
      full,
      exports && menu,
    ),
    el("div", { class: "panel-body" }, children),
  );
  const toggle = fullScreen(node, (isFull) => {
    full.setAttribute("aria-pressed", String(isFull));
    full.focus();
    window.dispatchEvent(new Event("resize"));
  });
  full.addEventListener("click", toggle);
  if (exports) attachMenu(menu, () => items(name, exports()));
  return { node, heading };
}

/**
 * @param {string} name
 * @param {Exports} exports
 * @returns {import("./menu.js").MenuItem[]}
 */
function items(name, { chart, csv, png, json, rest, more = [] }) {
  /** @type {import("./menu.js").MenuItem[]} */
  const list = [];
  if (chart) {
    list.push({ label: "Save PNG", run: () => chart.save("png", name).catch(toastError) });
    list.push({ label: "Save SVG", run: () => chart.save("svg", name).catch(toastError) });
  }
  if (png) list.push({ label: "Save PNG", run: png });
  if (csv) list.push({ label: "Save CSV", run: () => download(`${name}.csv`, csv(), "text/csv") });
  const data = json ?? (chart ? () => chart.figure() : null);
  if (data) {
    list.push({
      label: "Save JSON",
      hint: chart ? "Plotly" : "",
      run: () => download(`${name}.json`, JSON.stringify(data(), null, 1), "application/json"),
    });
  }
  list.push(...more);
  if (list.length) list.push("line");
  list.push({ label: "Copy link to this view", run: () => copyText(location.href) });
  if (rest) {
    const address = location.origin + rest;
    list.push({ label: "Copy as curl", run: () => copyText(`curl -H 'Accept: application/json' '${address}'`) });
    list.push({ label: "Copy as Python", run: () => copyText(python(address)) });
  }
  return list;
}

/** @param {string} address */
const python = (address) =>
  `import json, urllib.request\n\nwith urllib.request.urlopen("${address}") as answer:\n    data = json.load(answer)\n`;

/**
 * Content of a panel whose data does not exist: what is missing, and how to get it.
 * @param {string} what
 * @param {...(Node | string)} how
 */
export function missing(what, ...how) {
  return el("div", { class: "empty" }, el("b", {}, what), ...how);
}

/** Whether the service answered that there is no such thing. @param {unknown} error */
export const isAbsent = (error) => error instanceof Problem && error.status === 404;

/**
 * Content in the place of a figure that was not read: why, and a button where another attempt may succeed.
 * @param {unknown} error
 * @param {() => void} again
 */
export function unread(error, again) {
  const message = messageOf(error);
  const reason = message.charAt(0).toUpperCase() + message.slice(1);
  if (isAbsent(error)) return missing("This figure is not there", reason);
  const button = el("button", { class: "btn", type: "button", on: { click: again } }, "Try again");
  return missing("This figure could not be read", reason, el("p", {}, button));
}

/** Content where the scores, correlations or importances of a model without data set would be. */
export const withoutDataset = () =>
  missing(
    "This model names no data set, so there are no factors to compare with and nothing to measure it on",
    "Import it again with ",
    el("code", {}, "axiscope import … --dataset NAME"),
    ", or with your own labelled images: ",
    el("code", {}, "--dataset own --data-set path=FOLDER"),
    ".",
  );

/**
 * A command line with a button that copies it.
 * @param {string} line
 */
export const command = (line) =>
  el(
    "div",
    { class: "command" },
    el("code", {}, line),
    el(
      "button",
      {
        type: "button",
        class: "btn",
        "aria-label": `Copy: ${line}`,
        on: { click: () => copyText(line, "Command copied") },
      },
      "Copy",
    ),
  );
