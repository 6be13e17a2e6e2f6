/** The grid of a sweep: settings and the values each takes, and how many runs go at a time. */

import { el } from "../../dom.js";
import { gridSize, scalar } from "../../math/settings.js";
import { thousands } from "../../math/format.js";

/**
 * @param {string[]} names settings that may vary, as dotted paths
 * @param {{grid: Record<string, any[]>, most: number | null}} sweep `most`: runs at a time, null for as many as fit
 * @param {(sweep: {grid: Record<string, any[]>, most: number | null}) => void} onChange
 */
export function varyBox(names, { grid, most }, onChange) {
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
          .join(" × ")}${Object.keys(next).length > 1 ? ` = ${thousands(runs)}` : ""} ${runs === 1 ? "run" : "runs"}.`
      : "One run. Add a setting to try several values of it, e.g. seed with 0, 1, 2.";
    limit.hidden = runs < 2;
    onChange({ grid: next, most: box.value === "" ? null : Number(box.value) });
  };
  const box = el("input", {
    type: "number",
    min: "1",
    step: "1",
    value: most === null ? "" : String(most),
    placeholder: "as many as fit",
    on: { input: () => tell() },
  });
  const limit = el(
    "label",
    { class: "vary-limit", hidden: true },
    el("b", {}, "Runs at a time"),
    box,
    el("small", {}, "At most so many runs of this sweep at once; empty: as many as the machines hold."),
  );
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
    limit,
  );
  tell();
  return node;
}
