/** What a zip of pictures holds, shown before it is sent: number, sizes, channels, labels, and the first pictures. */

import { el } from "../core/dom.js";
import { bytes, labelOf, thousands } from "../core/format.js";
import { readZip } from "../formats/zip.js";

const PICTURE = /\.(png|jpe?g|bmp|gif|tiff?|webp)$/i;
const LABELS = "labels.csv";
const MAX_SHOWN = 12;
const THUMBNAIL = 64;
/** Largest difference of channels in a picture that counts as grey: JPEG does not keep them equal. */
const GREY_LEVELS = 8;

/** @typedef {import("../formats/zip.js").Member} Member */
/** @typedef {{pictures: Member[], labels: Member | undefined, others: Member[], bytes: number}} Content */
/** @typedef {{width: number, height: number, isGrey: boolean, canvas: HTMLCanvasElement}} Sample */

/**
 * Sort the members of an archive; folders and hidden files are left out, as the service does.
 * @param {Member[]} members
 * @returns {Content}
 */
export function contentOf(members) {
  const isHidden = (/** @type {string} */ part) => part.startsWith(".") || part === "__MACOSX";
  const files = members.filter(({ name }) => !name.endsWith("/") && !name.split("/").some(isHidden));
  const isLabels = ({ name = "" }) => name.split("/").at(-1) === LABELS;
  const pictures = files.filter(({ name }) => PICTURE.test(name));
  return {
    pictures,
    labels: files.find(isLabels),
    others: files.filter((file) => !PICTURE.test(file.name) && !isLabels(file)),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  };
}

/**
 * Say what was found, a sentence a line.
 * @param {Content} content
 * @param {string[]} factors columns of the labels
 * @param {Pick<Sample, "width" | "height" | "isGrey">[]} samples the pictures that were looked at
 */
export function describe({ pictures, others, bytes: size }, factors, samples) {
  const few = samples.length < pictures.length ? `, seen from ${samples.length} of them` : "";
  const lines = [
    `${thousands(pictures.length)} ${pictures.length === 1 ? "picture" : "pictures"}, ${bytes(size)} unpacked.`,
  ];
  if (samples.length) {
    const grey = samples.filter(({ isGrey }) => isGrey).length;
    const channels = grey === samples.length ? "grey" : grey ? "grey and colour" : "colour";
    lines.push(`${range(samples)} pixels, width x height, ${channels}${few}.`);
    if (samples.some(({ width, height }) => width !== height))
      lines.push("A run makes them square by stretching: crop them before, if shapes matter.");
  }
  lines.push(
    factors.length
      ? `Labels: ${factors.map(labelOf).join(", ")}.`
      : "No labels: a model can be trained; correlation and most scores need them.",
  );
  if (others.length) {
    const names = others.slice(0, 3).map(({ name }) => name);
    const what = others.length === 1 ? "file that is no picture" : "files that are no pictures";
    lines.push(`${thousands(others.length)} ${what} will be refused: ${names.join(", ")}.`);
  }
  return lines;
}

/** Smallest and largest size. @param {Pick<Sample, "width" | "height">[]} samples */
function range(samples) {
  const sizes = [...samples].sort((a, b) => a.width * a.height - b.width * b.height);
  const [least, most] = [sizes[0], /** @type {Sample} */ (sizes.at(-1))].map(
    ({ width, height }) => `${width} x ${height}`,
  );
  return least === most ? least : `${least} to ${most}`;
}

/** Columns of a CSV but that of the file names. @param {string} text */
export const factorsOf = (text) =>
  (text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "")
    .split(",")
    .map((name) => name.trim().replace(/^"|"$/g, ""))
    .filter((name) => name && name !== "file");

/**
 * Read the directory, the labels' columns and the first pictures of a zip; pictures of a kind that the browser does not
 * decode (TIFF) are counted, not shown.
 * @param {File} file
 * @param {File} [labels] CSV beside the zip
 */
export async function previewOf(file, labels) {
  const content = contentOf(await readZip(file));
  const table = labels
    ? await labels.text()
    : content.labels
      ? new TextDecoder().decode(await content.labels.read())
      : "";
  const drawn = await Promise.all(content.pictures.slice(0, MAX_SHOWN).map(sampleOf));
  const samples = /** @type {Sample[]} */ (drawn.filter(Boolean));
  const lines = describe(content, factorsOf(table), samples);
  return {
    content,
    node: el(
      "div",
      {},
      el(
        "ul",
        {},
        lines.map((line) => el("li", {}, line)),
      ),
      el(
        "div",
        { class: "first-pictures" },
        samples.map(({ canvas }) => canvas),
      ),
    ),
  };
}

/** @param {Member} member @returns {Promise<Sample | null>} null where the browser cannot decode it */
async function sampleOf(member) {
  const decode = (/** @type {ArrayBuffer} */ content) => createImageBitmap(new Blob([content]));
  const bitmap = await member
    .read()
    .then(decode)
    .catch(() => null);
  if (!bitmap) return null;
  const { width, height } = bitmap;
  const scale = THUMBNAIL / Math.max(width, height);
  const canvas = el("canvas", {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    title: member.name,
    role: "img",
    "aria-label": member.name,
  });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { width, height, isGrey: isGrey(context.getImageData(0, 0, canvas.width, canvas.height).data), canvas };
}

/** Whether the channels hardly differ in any pixel. @param {ArrayLike<number>} rgba */
export function isGrey(rgba) {
  for (let at = 0; at < rgba.length; at += 4) {
    const [red, green, blue] = [rgba[at], rgba[at + 1], rgba[at + 2]];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > GREY_LEVELS) return false;
  }
  return true;
}
