/** Dialog with one box for each metric, by family, that shows or hides its column. */

import { labelOf } from "../core/format.js";
import { html, render } from "../core/html.js";
import { openDialog } from "../ui/dialog.js";

/**
 * @param {import("../types").MetricColumn[]} metrics
 * @param {string[]} hidden
 * @param {(hidden: string[]) => void} onChange
 */
export function chooseColumns(metrics, hidden, onChange) {
  const inside = document.createElement("div");
  const toggle = (/** @type {string} */ name, /** @type {boolean} */ isShown) => {
    hidden = hidden.filter((other) => other !== name).concat(isShown ? [] : [name]);
    onChange(hidden);
  };
  const box = (/** @type {import("../types").MetricColumn} */ { name, title, definition }) =>
    html`<label title=${definition}>
      <input
        type="checkbox"
        .checked=${!hidden.includes(name)}
        @change=${(/** @type {Event} */ event) => toggle(name, /** @type {HTMLInputElement} */ (event.target).checked)}
      />
      ${title}
    </label>`;
  const families = [...new Set(metrics.map(({ family }) => family))].map(
    (name) =>
      html`<fieldset>
        <legend>${labelOf(name)}</legend>
        ${metrics.filter(({ family }) => family === name).map(box)}
      </fieldset>`,
  );
  const content = html`
    <div class="bar"><h2>Columns</h2></div>
    <form method="dialog" class="inside">${families}<button class="btn primary">Done</button></form>
  `;
  render(content, inside);
  openDialog({ label: "Columns", className: "columns" }, inside);
}
