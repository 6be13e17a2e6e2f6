/** Plane of two latents over their decoded manifold, with a cross that is dragged or moved by the arrow keys. */

import { el, select } from "../../core/dom.js";
import { labelOf } from "../../core/format.js";
import { orderOf, rangeOf, spaced, withValue } from "../../math/latents.js";
import { downloadCanvas } from "../../ui/download.js";
import { createPanel } from "../../ui/panel.js";
import { isAbort, latest } from "../../core/latest.js";
import { clearPicture, drawFrames } from "../../ui/canvas.js";
import { toastError } from "../../ui/toast.js";

/** @typedef {import("../session.js").Session} Session */

const SIDE = 9;

/** @param {Session} session @param {AbortSignal} signal */
export function createPad(session, signal) {
  const { store, model, decoder } = session;
  const [height, width] = model.image_shape;
  const first = orderOf("kl", model.statistics);
  const pair = () => store.get().pad ?? [first[0], first[1] ?? first[0]];
  const latents = first.map((i) => [String(i), `z${i} ${labelOf(model.statistics[i].best_factor ?? "")}`]);
  const across = select("Latent across", latents, (value) => store.set({ pad: [Number(value), pair()[1]] }));
  const up = select("Latent upwards", latents, (value) => store.set({ pad: [pair()[0], Number(value)] }));
  const canvas = el("canvas", { width, height, role: "img", "aria-label": "Decoded manifold over two latents" });
  const cross = el("span", { class: "cross" });
  const pad = el(
    "div",
    { class: "pad", role: "application", tabIndex: 0, "aria-label": "Pad over two latents: arrow keys move the point" },
    canvas,
    cross,
  );
  const note = el("p", { class: "note" });
  const decode = latest((newest, /** @type {number[][]} */ points) => decoder.many(points, newest));

  const ends = (/** @type {number} */ i) => rangeOf(store.get().range, model.statistics[i], store.get().encoded[i]);
  async function drawManifold() {
    if (store.get().tool !== "pad") return;
    const [x, y] = pair();
    across.value = String(x);
    up.value = String(y);
    const base = session.basePoint();
    const columns = spaced(...cells(ends(x)), SIDE);
    const rows = spaced(...cells(ends(y)), SIDE).reverse();
    const points = rows.flatMap((v) => columns.map((u) => withValue(withValue(base, x, u), y, v)));
    drawFrames(canvas, await decode(points), width, height, SIDE);
  }
  const drawCross = () => {
    const [x, y] = pair();
    const { z } = store.get();
    const share = (/** @type {number} */ i) =>
      Math.min(1, Math.max(0, (z[i] - ends(i)[0]) / (ends(i)[1] - ends(i)[0])));
    cross.style.left = `${100 * share(x)}%`;
    cross.style.top = `${100 * (1 - share(y))}%`;
    note.textContent = `z${x} = ${z[x].toFixed(2)} across, z${y} = ${z[y].toFixed(2)} up; the pictures start ${session.baseCaption()}.`;
  };
  const draw = () => {
    drawManifold().catch((error) => {
      if (isAbort(error)) return;
      clearPicture(canvas); // it may show the manifold of another base point
      toastError(error);
    });
    drawCross();
  };
  /** @param {PointerEvent} event */
  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = pair();
    const at = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height].map((s) =>
      Math.min(1, Math.max(0, s)),
    );
    const next = [...store.get().z];
    [x, y].forEach((i, k) => (next[i] = ends(i)[0] + at[k] * (ends(i)[1] - ends(i)[0])));
    session.setVector(next, false);
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    follow(event);
  });
  pad.addEventListener("pointermove", (event) => pad.hasPointerCapture(event.pointerId) && follow(event));
  pad.addEventListener("pointerup", () => session.commit());
  pad.addEventListener("keydown", (event) => {
    const [x, y] = pair();
    const move = { ArrowRight: [x, 1], ArrowLeft: [x, -1], ArrowUp: [y, 1], ArrowDown: [y, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [low, high] = ends(move[0]);
    const step = ((high - low) / 100) * move[1] * (event.shiftKey ? 10 : 1);
    session.setLatent(move[0], Math.min(high, Math.max(low, store.get().z[move[0]] + step)));
    session.commit();
  });
  store.on(["pad", "range", "base", "baseSeed", "pinned", "encoded"], draw, signal);
  store.on(["z"], () => store.get().tool === "pad" && drawCross(), signal);
  store.on(["step"], (s) => s.base === "current" && draw(), signal);
  const panel = createPanel(
    {
      title: "Pad",
      term: "pad",
      name: `${model.id}-pad`,
      controls: [el("label", { class: "field" }, "across", across), el("label", { class: "field" }, "up", up)],
      exports: () => ({ png: () => downloadCanvas(canvas, `${model.id}-pad.png`) }),
    },
    pad,
    note,
  );
  return { node: panel.node, show: draw };
}

/**
 * Return the centres of the cells between two ends, so that the cross over a cell shows its picture.
 * @param {[number, number]} ends
 * @returns {[number, number]}
 */
const cells = ([low, high]) => [low + (high - low) / (2 * SIDE), high - (high - low) / (2 * SIDE)];
