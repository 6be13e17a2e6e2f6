/** A sheet of frames with labels, at twice the size, on white: a figure for a paper. */

import { el } from "../../core/dom.js";
import { drawFrames } from "../../ui/canvas.js";

const SCALE = 2;
const LABEL = 64;
const GAP = 6;

/**
 * @param {import("../session.js").Session} session
 * @param {{ label: string, vectors: number[][] }[]} rows
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function sheet(session, rows) {
  const [height, width] = session.model.image_shape;
  const columns = Math.max(...rows.map((row) => row.vectors.length));
  const canvas = el("canvas", { width: LABEL + SCALE * width * columns, height: rows.length * (SCALE * height + GAP) });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#15181e";
  context.font = "600 20px sans-serif";
  context.textBaseline = "middle";
  context.imageSmoothingEnabled = false;
  for (const [at, row] of rows.entries()) {
    const strip = el("canvas");
    drawFrames(strip, await session.decoder.many(row.vectors), width, height);
    const top = at * (SCALE * height + GAP);
    context.fillText(row.label, 8, top + (SCALE * height) / 2);
    context.drawImage(strip, LABEL, top, SCALE * strip.width, SCALE * strip.height);
  }
  return canvas;
}
