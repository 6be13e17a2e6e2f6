/** Rows of the comparison, and the head that names the models. */

import { explorePage } from "../core/api.js";
import { el } from "../core/dom.js";
import { recipe } from "../core/models.js";
import { termMark } from "../ui/glossary.js";

const MODES = [
  ["factor", "By factor"],
  ["matched", "Matched"],
  ["index", "Index"],
];

/**
 * Make a row: its label at the left, then one cell for each model.
 * @param {string} title
 * @param {string} description
 * @param {Node[]} cells one for each model
 * @param {Node[]} [tools] under the description
 * @param {string} [term] id of the glossary
 */
export function compareRow(title, description, cells, tools = [], term = "") {
  return el(
    "section",
    { class: "cmp-row", "aria-label": title },
    el("div", { class: "label" }, el("h2", {}, title, term && termMark(term)), el("p", {}, description), tools),
    cells,
  );
}

/**
 * Make a row with one cell over all models.
 * @param {string} title
 * @param {string} description
 * @param {Node} content
 * @param {Node[]} [tools]
 * @param {string} [term] id of the glossary
 */
export function wideRow(title, description, content, tools = [], term = "") {
  return compareRow(title, description, [el("div", { class: "wide" }, content)], tools, term);
}

/** Colour of a model, the same in every row and figure. @param {number} at */
export const colour = (at) => `var(--series-${(at % 6) + 1})`;

/**
 * Make the head: the names of the models, and the choice of how their sliders are linked.
 * @param {import("./comparison.js").Comparison} comparison
 * @param {{folded: () => number[], onDrop: (id: string) => void, onMode: (mode: any) => void}} actions
 *   folded: number of seeds behind each column
 * @param {AbortSignal} signal
 */
export function head(comparison, { folded, onDrop, onMode }, signal) {
  const modes = MODES.map(([mode, label]) =>
    el("button", { type: "button", dataset: { mode }, on: { click: () => onMode(mode) } }, label),
  );
  const seeds = comparison.columns.map(() => el("small", {}));
  const node = el(
    "div",
    { class: "cmp-row cmp-head" },
    el("div", { class: "label" }, el("div", { class: "seg", role: "group", "aria-label": "Link sliders" }, modes)),
    comparison.columns.map(({ model }, at) =>
      el(
        "div",
        { class: "model-head" },
        el("span", { class: "swatch", style: `background:${colour(at)}`, "aria-hidden": "true" }),
        el("a", { href: explorePage(model.id) }, model.name),
        comparison.columns.length > 2
          ? el(
              "button",
              {
                type: "button",
                class: "btn quiet",
                "aria-label": `Take ${model.name} out`,
                on: { click: () => onDrop(model.id) },
              },
              "×",
            )
          : el("span", {}),
        seeds[at],
      ),
    ),
  );
  const draw = () => {
    const { mode } = comparison.store.get();
    for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    folded().forEach((count, at) => {
      seeds[at].textContent = recipe(comparison.columns[at].model) + (count > 1 ? `, average over ${count} seeds` : "");
    });
  };
  comparison.store.on(["mode"], draw, signal);
  draw();
  return { node, draw };
}
