/** Rows of the comparison, and the head that names the models. */

import { el } from "../core/dom.js";
import { html, render } from "../core/html.js";
import { recipe } from "../core/models.js";

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
 */
export function compareRow(title, description, cells, tools = []) {
  return el(
    "section",
    { class: "cmp-row", "aria-label": title },
    el("div", { class: "label" }, el("h2", {}, title), el("p", {}, description), tools),
    cells,
  );
}

/**
 * Make a row with one cell over all models.
 * @param {string} title
 * @param {string} description
 * @param {Node} content
 * @param {Node[]} [tools]
 */
export function wideRow(title, description, content, tools = []) {
  return compareRow(title, description, [el("div", { class: "wide" }, content)], tools);
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
  const node = el("div", { class: "cmp-row cmp-head" });
  const draw = () => {
    const { mode: current } = comparison.store.get();
    const modes = MODES.map(
      ([mode, label]) =>
        html`<button type="button" aria-pressed=${String(mode === current)} @click=${() => onMode(mode)}>
          ${label}
        </button>`,
    );
    const models = folded().map((count, at) => {
      const { model } = comparison.columns[at];
      const drop = html`<button
        type="button"
        class="btn quiet"
        aria-label="Take ${model.name} out"
        @click=${() => onDrop(model.id)}
      >
        ×
      </button>`;
      return html`<div class="model-head">
        <span class="swatch" style="background:${colour(at)}" aria-hidden="true"></span>
        <a href="/explore/${encodeURIComponent(model.id)}">${model.name}</a>
        ${comparison.columns.length > 2 ? drop : html`<span></span>`}
        <small>${recipe(model)}${count > 1 ? ` · ${count} seeds folded` : ""}</small>
      </div>`;
    });
    const label = html`<div class="label">
      <div class="seg" role="group" aria-label="Link sliders">${modes}</div>
    </div>`;
    render([label, models], node);
  };
  comparison.store.on(["mode"], draw, signal);
  draw();
  return { node, draw };
}
