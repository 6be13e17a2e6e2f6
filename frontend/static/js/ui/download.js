/** Files made in the page. */

import { el } from "../core/dom.js";

/**
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/**
 * A table as CSV: text with commas, quotes or line ends is quoted.
 * @param {(string | number | null | undefined)[][]} rows the first is the header
 */
export function toCsv(rows) {
  const cell = (/** @type {string | number | null | undefined} */ value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} name
 */
export function downloadCanvas(canvas, name) {
  canvas.toBlob((blob) => blob && download(name, blob, "image/png"), "image/png");
}
