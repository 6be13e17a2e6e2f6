/** Origin of a data set: source and licence of its pixels, and how to get files that are missing. */

import { bytes, thousands } from "../core/format.js";
import { html, tableHead } from "../core/html.js";
import { command } from "../ui/panel.js";

/**
 * @typedef {object} ListedDataset a data set in the list
 * @property {string} name
 * @property {string} title
 * @property {string} source who made it
 * @property {string} how to get it
 * @property {{name: string, state: string, official_bytes: number | null}[]} files
 * @property {boolean} available
 * @property {string | null} problem
 */

/** @type {Record<string, string>} */
const SOURCES = {
  official: "official file, checksum compared",
  procedural: "drawn here by a program with fitted geometry, not the official file",
  own: "your own files",
  "stand-in": "a stand-in with the same shape, not the data set itself",
};

/** @param {import("../types").Dataset} dataset */
export function facts({ image_shape: [height, width, channels], n_images, factors, complete, provenance: { source } }) {
  return html`
    <span class="chip accent">${thousands(n_images)} images</span>
    <span class="chip">${height} × ${width}, ${channels === 1 ? "grey" : "colour"}</span>
    <span class="chip">${factors.length} factors</span>
    <span class="chip ${source === "official" ? "good" : "warn"}">${SOURCES[source] ?? source}</span>
    ${complete ? html`<span class="chip">every combination has its image</span>` : ""}
  `;
}

/** @param {import("../types").Dataset} dataset */
export function origin({ name, provenance: { source, description, licence, url, citation } }) {
  /** @type {[string, import("../core/html.js").Content][]} */
  const rows = [
    ["Pixels", SOURCES[source] ?? source],
    ["Detail", description],
    ["Licence", licence],
    ["Original", url && html`<a href=${url} rel="noreferrer">${url}</a>`],
    ["Cite", citation],
  ];
  const isOfficial = source === "official";
  const files = html`
    <p>${isOfficial ? "Check the file again:" : "Use the official file in its place:"}</p>
    ${isOfficial ? "" : command(`axiscope data fetch ${name}`)} ${command(`axiscope data check ${name}`)}
  `;
  return html`<section class="card" aria-label="Provenance">
    <div class="bar"><h2>Provenance and licence</h2></div>
    <div class="origin">
      <dl>
        ${rows
          .filter(([, value]) => value)
          .map(
            ([term, value]) =>
              html`<dt>${term}</dt>
                <dd>${value}</dd>`,
          )}
      </dl>
      <div>
        ${source === "own" ? "" : files}
        <p class="soft">
          Models record which pixels they were trained on: the manifest of each states official, procedural or own.
        </p>
      </div>
    </div>
  </section>`;
}

/**
 * Missing files of a data set, and how to get them.
 * @param {ListedDataset} listed
 */
export function missingFiles({ name, title, source, how, files, problem }) {
  const rows = files.map(
    (file) =>
      html`<tr>
        <td class="mono">${file.name}</td>
        <td>${file.state}</td>
        <td class="mono">${file.official_bytes ? bytes(file.official_bytes) : "–"}</td>
      </tr>`,
  );
  const table = html`<table>
    ${tableHead(["file", "state", "size"])}
    <tbody>
      ${rows}
    </tbody>
  </table>`;
  const verb = how.includes("axiscope data fetch") ? "fetch" : "check";
  return html`<section class="card absent" aria-label="How to get ${title}">
    <h2>${title} is not on this machine</h2>
    <p>${files.length ? `${how}.` : (problem ?? how)}</p>
    ${files.length ? table : ""} ${command(`axiscope data ${verb} ${name}`)}
    ${source ? html`<p class="soft">${source}</p>` : ""}
  </section>`;
}
