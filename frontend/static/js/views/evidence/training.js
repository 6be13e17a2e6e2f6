/** How the model came about: parts of the loss and KL of each latent over the steps, and traversals as they formed. */

import { getJson, modelPath, request } from "../../api.js";
import { el } from "../../dom.js";
import { spoken, thousands } from "../../math/format.js";
import { orderOf } from "../../math/latents.js";
import { readNpz } from "../../math/npz.js";
import { interleavedToRgba } from "../../math/pixels.js";
import { token } from "../../theme.js";
import { createChart } from "../chart.js";
import { toCsv } from "../download.js";
import { createPanel, missing } from "../panel.js";
import { drawFrames } from "../picture.js";

/** @typedef {import("../../state/session.js").Session} Session */
/** @typedef {{ step: number[], parts: Record<string, number[]>, kl: number[][] }} History */

/** @param {Session} session */
export function createTraining(session) {
  const { store, model } = session;
  const chart = createChart("Loss and KL over training", {
    onClick: ({ data }) => data.meta !== undefined && session.focusLatent(data.meta),
  });
  const what = el("select", { "aria-label": "What is drawn" });
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  /** @type {History | null} */
  let history = null;
  let asked = false;

  /** @returns {import("../chart.js").Figure} */
  function figure() {
    const { step, parts, kl } = /** @type {History} */ (history);
    const { focus } = store.get();
    const line = { type: "scatter", mode: "lines", x: step };
    const data =
      what.value === "kl"
        ? orderOf("kl", model.statistics).map((i) => ({
            ...line,
            y: kl.map((row) => row[i]),
            name: `z${i}`,
            meta: i,
            line: { width: i === focus ? 3 : 1.5, color: i === focus ? token("--accent") : token("--faint") },
            hovertemplate: `z${i}: %{y:.3f} nats<extra></extra>`,
          }))
        : [
            {
              ...line,
              y: parts[what.value],
              line: { width: 2, color: token("--accent") },
              hovertemplate: "%{y:.4~g}<extra></extra>",
            },
          ];
    const unit = what.value === "kl" ? "KL, nats per image" : `${spoken(what.value)}, nats per image`;
    return {
      data,
      layout: {
        height: 260,
        margin: { l: 58, r: 8, t: 8, b: 44 },
        xaxis: { title: { text: "training step", standoff: 6 } },
        yaxis: { title: { text: unit, standoff: 6 } },
      },
    };
  }
  const draw = () => history && chart.node.isConnected && chart.draw(figure);
  async function load() {
    history = /** @type {History} */ (await getJson(`${modelPath(model.id)}/files/history.json`));
    const names = Object.keys(history.parts ?? {});
    what.replaceChildren(
      ...(history.kl?.length ? [el("option", { value: "kl" }, "KL of each latent")] : []),
      ...names.map((name) => el("option", { value: name }, spoken(name))),
    );
    const film = "film.npz" in model.files ? await createFilm(session) : null;
    place.replaceChildren(
      what,
      chart.node,
      film ?? el("p", { class: "note" }, "This model has no film of its traversals."),
    );
    draw();
  }
  what.addEventListener("change", draw);
  store.on(["focus"], draw);
  const csv = () => {
    const { step, parts, kl } = /** @type {History} */ (history);
    const names = Object.keys(parts);
    const head = ["step", ...names, ...(kl?.[0] ?? []).map((_, i) => `kl_z${i}`)];
    return toCsv([head, ...step.map((s, n) => [s, ...names.map((name) => parts[name][n]), ...(kl?.[n] ?? [])])]);
  };
  const panel = createPanel(
    {
      title: "Training",
      name: `${model.id}-training`,
      exports: () => ({ ...(history ? { chart, csv } : {}), rest: `${modelPath(model.id)}/figures/history` }),
    },
    place,
  );
  return {
    node: panel.node,
    show() {
      draw();
      if (asked) return;
      asked = true;
      load().catch(() => {
        asked = false;
        place.replaceChildren(
          missing(
            "This model carries no history of its training",
            "Imported models have none; runs exported by ",
            el("code", {}, "axiscope export"),
            " do.",
          ),
        );
      });
    },
  };
}

/**
 * Traversals of one image at steps of the training: one slider for all rows.
 * @param {Session} session
 */
async function createFilm({ model }) {
  const answer = await request(
    `${modelPath(model.id)}/files/film.npz?v=${model.files["film.npz"].sha256.slice(0, 12)}`,
  );
  const { step, images } = await readNpz(await answer.arrayBuffer());
  const [shots, rows, columns, height, width, channels] = images.shape;
  const canvas = el("canvas", {
    class: "frames",
    role: "img",
    "aria-label": "Traversals at this step of the training",
  });
  const slider = el("input", {
    type: "range",
    min: "0",
    max: String(shots - 1),
    step: "1",
    value: String(shots - 1),
    "aria-label": "Step of the training film",
  });
  const shown = el("output", { class: "mono" });
  const size = height * width * channels;
  const draw = () => {
    const shot = Number(slider.value);
    const frames = Array.from({ length: rows * columns }, (_, n) => {
      const at = (shot * rows * columns + n) * size;
      return interleavedToRgba(
        Float32Array.from(images.data.subarray(at, at + size), (v) => v / 255),
        channels,
      );
    });
    drawFrames(canvas, frames, width, height, columns);
    shown.textContent = thousands(Number(step.data[shot]));
  };
  slider.addEventListener("input", draw);
  draw();
  return el(
    "div",
    {},
    el("label", { class: "slide" }, slider, shown),
    canvas,
    el("p", { class: "note" }, `Rows z0 to z${rows - 1}, −2 to 2, one image; the slider is the training step.`),
  );
}
