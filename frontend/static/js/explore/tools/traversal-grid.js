/** All traversals in one figure: one row for each latent, one column for each value. */

import { modelPath } from "../../core/api.js";
import { el, select } from "../../core/dom.js";
import { labelOf } from "../../core/format.js";
import { orderOf, rangeOf, spaced, withValue } from "../../math/latents.js";
import { drawFrames } from "../../ui/canvas.js";
import { createPanel } from "../../ui/panel.js";
import { toastError } from "../../ui/toast.js";
import { createFrames, saveGif, vectorsCsv } from "./frames.js";
import { download } from "../../ui/download.js";

/** @typedef {import("../session.js").Session} Session */

const SCALE = 2;
const LABEL = 64;
const GAP = 6;

/** @param {Session} session @param {AbortSignal} signal */
export function createGrid(session, signal) {
  const { store, model } = session;
  const [height, width] = model.image_shape;
  const counts = [5, 7, 9, 10, 11, 15].map((n) => [String(n), `${n} steps`]);
  const steps = select("Frames in a row", counts, (value) => store.set({ steps: Number(value) }));
  const chip = el("span", { class: "chip" });
  const body = el("div", { class: "traversals" });
  const rows = model.statistics.map((statistics, i) => {
    const name = el("button", { class: "row-name", type: "button", on: { click: () => session.focusLatent(i) } });
    const frames = createFrames(session, `Traversal of z${i}`, (at) => {
      session.setLatent(i, values(i)[at]);
      session.commit();
    });
    return { i, statistics, name, frames };
  });
  /** @param {number} i */
  const values = (i) => {
    const { range, steps: n, encoded } = store.get();
    return spaced(...rangeOf(range, model.statistics[i], encoded[i]), n);
  };
  const shown = () => {
    const { order, manual, importance, hideDead } = store.get();
    const all = orderOf(order, model.statistics, { manual, importance });
    return all.filter((i) => !hideDead || model.statistics[i].state !== "dead").map((i) => rows[i]);
  };
  const vectors = (/** @type {number} */ i) => values(i).map((value) => withValue(session.basePoint(), i, value));
  const draw = () => {
    if (store.get().tool !== "grid") return;
    chip.textContent = session.baseCaption();
    steps.value = String(store.get().steps);
    body.replaceChildren(...shown().flatMap(({ name, frames }) => [name, frames.node]));
    for (const { i, frames } of shown()) frames.draw(vectors(i)).catch(toastError);
    label();
  };
  const label = () => {
    const { names, focus } = store.get();
    for (const { i, name, statistics } of rows) {
      const word =
        statistics.state === "dead"
          ? "dead"
          : (names[i] ?? (statistics.best_factor ? labelOf(statistics.best_factor) : ""));
      name.replaceChildren(el("b", { class: "mono" }, `z${i}`), ` ${word}`);
      name.classList.toggle("on", focus === i);
    }
  };
  store.on(["range", "steps", "base", "baseSeed", "pinned", "encoded", "order", "manual", "hideDead"], draw, signal);
  store.on(["step"], (s) => s.base === "current" && draw(), signal);
  store.on(["focus", "names"], label, signal);

  const name = `${model.id}-traversals`;
  const panel = createPanel(
    {
      title: "Traversals",
      term: "traversal",
      name,
      controls: [chip, steps],
      exports: () => ({
        png: async () => {
          const picture = await sheet(
            session,
            shown().map(({ i }) => ({ label: `z${i}`, vectors: vectors(i) })),
          );
          picture.toBlob((blob) => blob && download(`${name}.png`, blob, "image/png"));
        },
        csv: () => vectorsCsv(shown().flatMap(({ i }) => vectors(i))),
        json: () => ({
          model: model.id,
          version: model.version,
          base: session.basePoint(),
          rows: shown().map(({ i }) => ({ latent: i, values: values(i) })),
        }),
        rest: `${modelPath(model.id)}/figures/traversal`,
        more: [
          {
            label: `Save GIF of z${store.get().focus}`,
            run: async () =>
              saveGif(
                await session.decoder.many(vectors(store.get().focus)),
                width,
                height,
                `${model.id}-z${store.get().focus}`,
              ),
          },
        ],
      }),
    },
    body,
  );
  return { node: panel.node, show: draw };
}

/**
 * Draw a sheet of frames with labels, at twice the size, on white.
 * @param {Session} session
 * @param {{ label: string, vectors: number[][] }[]} rows
 * @returns {Promise<HTMLCanvasElement>}
 */
async function sheet(session, rows) {
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
