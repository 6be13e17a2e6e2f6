/** Row of frames along a path, drawn on one canvas and saved as PNG, GIF, CSV. */

import { el } from "../../core/dom.js";
import { encodeGif } from "../../formats/gif.js";
import { download, downloadCanvas, toCsv } from "../../ui/download.js";
import { isAbort, latest } from "../../core/latest.js";
import { clearPicture, drawFrames } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";

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
        clearPicture(canvas); // it may show frames of other points
        throw error;
      }
    },
    /** Return the exports, none before the first frames. @param {string} name */
    exports: (name) =>
      frames.length
        ? {
            png: () => downloadCanvas(canvas, `${name}.png`),
            csv: () => vectorsCsv(points),
            json: () => ({ model: session.model.id, version: session.model.version, latents: points }),
            more: [{ label: "Save GIF", run: () => saveGif(frames, width, height, name).catch(toastError) }],
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
 * Save frames as a GIF that runs forth and back, enlarged to about 256 pixels.
 * @param {Rgba[]} frames
 * @param {number} width
 * @param {number} height
 * @param {string} name
 */
export async function saveGif(frames, width, height, name) {
  const swing = [...frames, ...frames.slice(1, -1).reverse()];
  const scale = Math.max(1, Math.round(256 / width));
  download(`${name}.gif`, await encodeGif(swing, width, height, { delay: 100, scale }), "image/gif");
}
