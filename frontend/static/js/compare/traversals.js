/** Traversals of all models, one row for each slider, in the same order in each model. */

import { messageOf } from "../core/api.js";
import { el } from "../core/dom.js";
import { withValue } from "../math/latents.js";
import { toValue } from "./matching.js";
import { drawFrames } from "../ui/canvas.js";
import { compareRow } from "./layout.js";

const FRAMES = 8;
const MAX_ROWS = 10;

/** @param {import("./comparison.js").Comparison} comparison @param {AbortSignal} signal */
export function strips(comparison, signal) {
  const cells = comparison.columns.map(() => el("div", {}));
  const row = compareRow(
    "Traversals",
    "From the shared input, each latent over its data range; rows in the order of the sliders.",
    cells,
    [],
    "traversal",
  );
  let running = new AbortController();
  const draw = () => {
    running.abort();
    running = new AbortController();
    const { signal: newest } = running;
    comparison.columns.forEach((column, at) => {
      const targets = comparison.store.get().handles.slice(0, MAX_ROWS);
      cells[at].replaceChildren(
        ...targets.flatMap(({ targets: ofModels }) => {
          const target = ofModels[at];
          if (!target) return [];
          const [height, width] = column.model.image_shape;
          const canvas = el("canvas", {
            width: width * FRAMES,
            height,
            role: "img",
            "aria-label": `Traversal of z${target.latent} of ${column.model.name}`,
          });
          paint(column, target, canvas, newest);
          return [el("div", { class: "strip-row" }, el("span", {}, `z${target.latent}`), canvas)];
        }),
      );
    });
  };
  comparison.store.on(["handles"], draw, signal);
  comparison.onColumns(["mean"], draw, signal);
  signal.addEventListener("abort", () => running.abort());
  draw();
  return row;
}

/**
 * @param {import("./comparison.js").Column} column
 * @param {import("./matching.js").Target} target
 * @param {HTMLCanvasElement} canvas
 * @param {AbortSignal} signal
 */
async function paint(column, target, canvas, signal) {
  const [height, width] = column.model.image_shape;
  const statistics = column.model.statistics[target.latent];
  const vectors = Array.from({ length: FRAMES }, (_, k) => {
    const value = toValue((2 * k) / (FRAMES - 1) - 1, statistics, target.sign);
    return withValue(column.store.get().mean, target.latent, value);
  });
  try {
    const frames = await column.decoder.many(vectors, signal);
    if (!signal.aborted) drawFrames(canvas, frames, width, height);
  } catch (error) {
    if (!signal.aborted) canvas.title = messageOf(error);
  }
}
