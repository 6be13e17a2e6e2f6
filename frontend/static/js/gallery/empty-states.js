/** What the gallery says when there is nothing to show, nothing found, or something broken. */

import { el } from "../core/dom.js";
import { command } from "../ui/panel.js";

/** How to get the first model. */
export function firstSteps() {
  return el(
    "section",
    { class: "card first-steps" },
    el("h2", {}, "No models yet"),
    el(
      "p",
      { class: "soft" },
      "A model is an encoder and a decoder in the ONNX format with a manifest. There are two ways to get one.",
    ),
    el("h3", {}, "Train one here"),
    el("p", {}, "Fill in the form on the ", el("a", { href: "/jobs#new" }, "Jobs page"), ", or in a terminal:"),
    command("axiscope train --dataset dsprites --objective beta_tcvae --steps 20000 --out runs/first"),
    command("axiscope export runs/first"),
    el("h3", {}, "Bring your own"),
    el("p", {}, "Any encoder (image to mean and log variance) and decoder (latent to image):"),
    command("axiscope import --encoder encoder.onnx --decoder decoder.onnx --name my-model --dataset dsprites"),
  );
}

/** @param {() => void} onReset */
export function nothingFound(onReset) {
  return el(
    "div",
    { class: "empty", style: "grid-column: 1 / -1" },
    el("b", {}, "No model fits these filters"),
    "Search looks in the name, the data set, the objective and its settings. ",
    el("button", { type: "button", class: "btn", on: { click: onReset } }, "Show all models"),
  );
}

/** @param {{id: string, problem?: string | null}[]} entries */
export function brokenList(entries) {
  return [
    el(
      "div",
      { class: "card broken" },
      el("h2", {}, entries.length === 1 ? "1 entry cannot be used" : `${entries.length} entries cannot be used`),
      el("p", { class: "soft" }, "They are left where they are; the reason says what would mend them."),
      el(
        "ul",
        {},
        entries.map(({ id, problem }) =>
          el(
            "li",
            {},
            el("b", { class: "mono" }, id),
            el("span", { class: "reason" }, withoutId(id, problem ?? "no reason given")),
          ),
        ),
      ),
    ),
  ];
}

/**
 * The reason without the id that stands beside it.
 * @param {string} id
 * @param {string} problem
 */
function withoutId(id, problem) {
  return problem.startsWith(`${id}: `) ? problem.slice(id.length + 2) : problem;
}
