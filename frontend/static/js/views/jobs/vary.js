/** The grid of a sweep: settings and the values each takes. */

import { el } from "../../dom.js";
import { gridSize, scalar } from "../../math/settings.js";
import { thousands } from "../../math/format.js";

/**
 * @param {string[]} names settings that may vary, as dotted paths
 * @param {Record<string, any[]>} grid
 * @param {(grid: Record<string, any[]>) => void} onChange
 */
export function varyBox(names, grid, onChange) {
  /** @type {[string, string][]} */
  let rows = Object.entries(grid).map(([name, values]) => [name, values.join(", ")]);
  const list = el("div", {});
  const words = el("p", { class: "soft" });
  const tell = () => {
    /** @type {Record<string, any[]>} */
    const next = {};
    for (const [name, text] of rows) {
      const values = text
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean)
        .map(scalar);
      if (name && values.length) next[name] = values;
    }
    const runs = gridSize(next);
    words.textContent = Object.keys(next).length
      ? `${Object.values(next)
          .map((values) => values.length)
          .join(" × ")} = ${thousands(runs)} runs.`
      : "One run. Add a setting to try several values of it, e.g. seed with 0, 1, 2.";
    onChange(next);
  };
  const draw = () => {
    list.replaceChildren(
      ...rows.map(([name, text], at) => {
        const select = el(
          "select",
          { "aria-label": `Setting ${at + 1} to vary`, on: { change: () => ((rows[at][0] = select.value), tell()) } },
          names.map((option) => el("option", { value: option, selected: option === name }, option)),
        );
        const values = el("input", {
          type: "text",
          value: text,
          placeholder: "0, 1, 2",
          "aria-label": `Values of ${name}, separated by commas`,
          on: { input: () => ((rows[at][1] = values.value), tell()) },
        });
        const drop = el(
          "button",
          {
            type: "button",
            class: "btn square",
            "aria-label": `Do not vary ${name}`,
            on: { click: () => ((rows = rows.filter((_, k) => k !== at)), draw(), tell()) },
          },
          "×",
        );
        return el("div", { class: "vary-row" }, select, values, drop);
      }),
    );
  };
  const add = () => {
    const free = ["seed", ...names].find((name) => names.includes(name) && !rows.some(([taken]) => taken === name));
    if (free) rows.push([free, ""]);
    draw();
    list.lastElementChild?.querySelector("input")?.focus();
  };
  draw();
  const node = el(
    "div",
    {},
    list,
    el("button", { type: "button", class: "btn", on: { click: add } }, "Vary a setting"),
    words,
  );
  tell();
  return node;
}
