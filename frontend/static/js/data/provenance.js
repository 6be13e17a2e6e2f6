/** Where the pixels come from, under which licence, and how to fetch the official file. */

import { el } from "../core/dom.js";
import { thousands } from "../core/format.js";
import { command } from "../ui/panel.js";

/** @type {Record<string, string>} */
const SOURCES = {
  official: "official file, checksum compared",
  procedural: "drawn here by a program with fitted geometry, not the official file",
  own: "your own files",
  "stand-in": "a stand-in with the same shape, not the data set itself",
};

/** @param {import("../types").Dataset} dataset */
export function facts(dataset) {
  const [height, width, channels] = dataset.image_shape;
  const images = dataset.n_images;
  const source = dataset.provenance.source;
  return el(
    "div",
    { class: "facts" },
    el("span", { class: "chip accent" }, `${thousands(images)} images`),
    el("span", { class: "chip" }, `${height} × ${width}, ${channels === 1 ? "grey" : "colour"}`),
    el("span", { class: "chip" }, `${dataset.factors.length} factors`),
    el("span", { class: source === "official" ? "chip good" : "chip warn" }, SOURCES[source] ?? source),
    dataset.complete && el("span", { class: "chip" }, "every combination has its image"),
  );
}

/** @param {import("../types").Dataset} dataset */
export function origin(dataset) {
  const { source, description, licence, url, citation } = dataset.provenance;
  /** @type {[string, any][]} */
  const rows = [
    ["Pixels", SOURCES[source] ?? source],
    ["Detail", description],
    ["Licence", licence],
    ["Original", url && el("a", { href: url, rel: "noreferrer" }, url)],
    ["Cite", citation],
  ];
  return el(
    "section",
    { class: "card", "aria-label": "Provenance" },
    el("div", { class: "bar" }, el("h2", {}, "Provenance and licence")),
    el(
      "div",
      { class: "origin" },
      el(
        "dl",
        {},
        rows
          .filter(([, value]) => value)
          .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])
          .flat(),
      ),
      el(
        "div",
        {},
        source !== "own" && [
          el("p", {}, source === "official" ? "Check the file again:" : "Use the official file in its place:"),
          source !== "official" && command(`axiscope data fetch ${dataset.name}`),
          command(`axiscope data check ${dataset.name}`),
        ],
        el(
          "p",
          { class: "soft" },
          "Models remember which pixels they saw: the manifest of each says official, procedural or own.",
        ),
      ),
    ),
  );
}
