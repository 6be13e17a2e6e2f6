/** What the data page says of a data set whose files are not on this machine: which, and how to get them. */

import { el } from "../core/dom.js";
import { bytes } from "../core/format.js";
import { command } from "../ui/panel.js";

/**
 * @typedef {object} Listed a data set in the list
 * @property {string} name
 * @property {string} title
 * @property {string} source who made it
 * @property {string} how to get it
 * @property {{name: string, state: string, official_bytes: number | null}[]} files
 * @property {boolean} available
 * @property {string | null} problem
 */

/** @param {Listed} listed */
export function absent({ name, title, source, how, files, problem }) {
  const fetched = how.includes("axiscope data fetch");
  return el(
    "section",
    { class: "card absent", "aria-label": `How to get ${title}` },
    el("h2", {}, `${title} is not on this machine`),
    el("p", {}, files.length ? `${how}.` : (problem ?? how)),
    files.length > 0 &&
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["file", "state", "size"].map((head) => el("th", { scope: "col" }, head)),
          ),
        ),
        el(
          "tbody",
          {},
          files.map((file) =>
            el(
              "tr",
              {},
              el("td", { class: "mono" }, file.name),
              el("td", {}, file.state),
              el("td", { class: "mono" }, file.official_bytes ? bytes(file.official_bytes) : "–"),
            ),
          ),
        ),
      ),
    command(fetched ? `axiscope data fetch ${name}` : `axiscope data check ${name}`),
    source && el("p", { class: "soft" }, source),
  );
}
