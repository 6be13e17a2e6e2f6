/** A row of frames along a path: drawn on one canvas, played, and saved as PNG, GIF, CSV. */

import { el } from "../../core/dom.js";
import { encodeGif } from "../../formats/gif.js";
import { download, downloadCanvas, toCsv } from "../../ui/download.js";
import { isAbort, latest } from "../../core/latest.js";
import { clearPicture, drawFrames } from "../../ui/canvas.js";

/** @typedef {Uint8ClampedArray<ArrayBuffer>} Rgba */

/**
 * @param {import("../session.js").Session} session
 * @param {string} label
 * @param {(at: number) => void} onPick a frame was clicked
 */
export function createFrames(session, label, onPick) {
  const [height, width] = session.model.image_shape;
  const canvas = el("canvas", {
    class: "frames",
    width: 9 * width,
    height,
    tabIndex: 0,
    role: "slider",
    "aria-label": label,
    "aria-valuemin": 1,
    "aria-valuenow": 1,
  });
  const decode = latest((signal, /** @type {number[][]} */ vectors) => session.decoder.many(vectors, signal));
  /** @type {Rgba[]} */
  let frames = [];
  /** @type {number[][]} */
  let points = [];
  let chosen = 0;
  /** @param {number} at */
  function pick(at) {
    if (!frames.length) return;
    chosen = Math.min(frames.length - 1, Math.max(0, at));
    mark();
    onPick(chosen);
  }
  function mark() {
    canvas.setAttribute("aria-valuemax", String(Math.max(1, frames.length)));
    canvas.setAttribute("aria-valuenow", String(chosen + 1));
    canvas.setAttribute("aria-valuetext", `frame ${chosen + 1} of ${frames.length}`);
  }
  mark();
  canvas.addEventListener("click", (event) => pick(Math.floor((event.offsetX / canvas.clientWidth) * frames.length)));
  canvas.addEventListener("keydown", (event) => {
    const to = { ArrowRight: chosen + 1, ArrowLeft: chosen - 1, Home: 0, End: frames.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    pick(to);
  });
  return {
    node: canvas,
    /** @param {number[][]} vectors */
    async draw(vectors) {
      try {
        frames = await decode(vectors);
        points = vectors;
        drawFrames(canvas, frames, width, height);
        chosen = Math.min(chosen, frames.length - 1);
        mark();
      } catch (error) {
        if (isAbort(error)) return;
        [frames, points] = [[], []];
        clearPicture(canvas); // those of other points would be wrong
        throw error;
      }
    },
    /** What there is to save: nothing before the first frames. @param {string} name */
    exports: (name) =>
      frames.length
        ? {
            png: () => downloadCanvas(canvas, `${name}.png`),
            csv: () => vectorsCsv(points),
            json: () => ({ model: session.model.id, version: session.model.version, latents: points }),
            more: [{ label: "Save GIF", run: () => saveGif(frames, width, height, name) }],
          }
        : {},
  };
}

/** @param {number[][]} vectors */
export const vectorsCsv = (vectors) =>
  toCsv([
    ["frame", ...(vectors[0] ?? []).map((_, i) => `z${i}`)],
    ...vectors.map((v, n) => [n, ...v.map((x) => Number(x.toFixed(6)))]),
  ]);

/**
 * Forth and back, each pixel four times as large, so that small pictures can be seen.
 * @param {Rgba[]} frames
 * @param {number} width
 * @param {number} height
 * @param {string} name
 */
export function saveGif(frames, width, height, name) {
  const scale = Math.max(1, Math.round(256 / width));
  const swing = [...frames, ...frames.slice(1, -1).reverse()].map((frame) => enlarge(frame, width, height, scale));
  download(`${name}.gif`, encodeGif(swing, width * scale, height * scale, 10), "image/gif");
}

/**
 * @param {Rgba} frame
 * @param {number} width
 * @param {number} height
 * @param {number} scale
 */
function enlarge(frame, width, height, scale) {
  const out = new Uint8ClampedArray(frame.length * scale * scale);
  const from = new Uint32Array(frame.buffer, frame.byteOffset, width * height);
  const to = new Uint32Array(out.buffer);
  for (let y = 0; y < height * scale; y += 1) {
    const row = Math.floor(y / scale) * width;
    for (let x = 0; x < width * scale; x += 1) to[y * width * scale + x] = from[row + Math.floor(x / scale)];
  }
  return out;
}
