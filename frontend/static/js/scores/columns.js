/** Which metrics the table shows: a dialog with one box each, by family. */

import { el } from "../core/dom.js";
import { spoken } from "../core/format.js";
import { openDialog } from "../ui/dialog.js";

/**
 * @param {import("../types").MetricColumn[]} metrics
 * @param {string[]} hidden
 * @param {(hidden: string[]) => void} onChange
 */
export function chooseColumns(metrics, hidden, onChange) {
  let now = new Set(hidden);
  const toggle = (/** @type {string} */ name, /** @type {boolean} */ shown) => {
    now = new Set(now);
    if (shown) now.delete(name);
    else now.add(name);
    onChange([...now]);
  };
  openDialog(
    { label: "Columns", className: "columns" },
    el("div", { class: "bar" }, el("h2", {}, "Columns")),
    el(
      "form",
      { method: "dialog", class: "inside" },
      [...new Set(metrics.map(({ family }) => family))].map((family) =>
        el(
          "fieldset",
          {},
          el("legend", {}, spoken(family)),
          metrics
            .filter((metric) => metric.family === family)
            .map((metric) =>
              el(
                "label",
                { title: metric.definition },
                el("input", {
                  type: "checkbox",
                  checked: !now.has(metric.name),
                  on: {
                    change: (/** @type {Event} */ event) =>
                      toggle(metric.name, /** @type {HTMLInputElement} */ (event.target).checked),
                  },
                }),
                metric.title,
              ),
            ),
        ),
      ),
      el("button", { class: "btn primary" }, "Done"),
    ),
  );
}
