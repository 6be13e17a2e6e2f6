/** The training film: traversals of one image as training went on. One step for all rows and for the chart above. */

import { modelPath, request } from "../../core/api.js";
import { el, icon } from "../../core/dom.js";
import { fixed, labelOf, thousands } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { readNpz } from "../../formats/npy.js";
import { interleavedToRgba } from "../../math/pixels.js";
import { drawFrames } from "../../ui/canvas.js";

const PLAY = "M7 5l11 7-11 7z";
const PAUSE = "M8 5v14M16 5v14";
const SHOT_MILLISECONDS = 400;

/**
 * @param {import("../session.js").Session} session
 * @param {AbortSignal} signal ends the film
 * @param {(step: number) => void} onStep
 */
export async function createFilm(session, signal, onStep) {
  const { model, store } = session;
  const version = model.files["film.npz"].sha256.slice(0, 12);
  const answer = await request(`${modelPath(model.id)}/files/film.npz?v=${version}`);
  const { step, values, images } = await readNpz(await answer.blob());
  const [shots, latents, columns, height, width, channels] = images.shape;
  const pixels = height * width * channels;
  const rows = orderOf("kl", model.statistics)
    .filter((latent) => latent < latents && model.statistics[latent].state !== "dead")
    .map((latent) => filmRow(session, latent));
  const slider = el("input", {
    type: "range",
    min: "0",
    max: String(shots - 1),
    step: "1",
    value: String(shots - 1),
    "aria-label": "Step of the training film",
  });
  const shown = el("output", { class: "mono" });
  const play = el("button", { class: "tiny", type: "button", "aria-label": "Play the film" }, icon(PLAY));
  let timer = 0;

  const frame = (/** @type {number} */ at) =>
    interleavedToRgba(
      Float32Array.from(images.data.subarray(at * pixels, (at + 1) * pixels), (v) => v / 255),
      channels,
    );
  function draw() {
    const shot = Number(slider.value);
    for (const { latent, canvas } of rows) {
      const first = (shot * latents + latent) * columns;
      const frames = Array.from({ length: columns }, (_, column) => frame(first + column));
      drawFrames(canvas, frames, width, height);
    }
    const reached = Number(step.data[shot]);
    shown.textContent = thousands(reached);
    slider.setAttribute("aria-valuetext", `step ${thousands(reached)}, ${shot + 1} of ${shots}`);
    onStep(reached);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.replaceChildren(icon(PLAY));
    play.setAttribute("aria-label", "Play the film");
  }
  function start() {
    if (Number(slider.value) === shots - 1) slider.value = "0";
    play.replaceChildren(icon(PAUSE));
    play.setAttribute("aria-label", "Stop the film");
    draw();
    timer = window.setInterval(() => {
      if (!slider.isConnected || Number(slider.value) === shots - 1) return stop();
      slider.value = String(Number(slider.value) + 1);
      draw();
    }, SHOT_MILLISECONDS);
  }
  signal.addEventListener("abort", stop);
  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    draw();
  });
  const mark = () => {
    const { focus } = store.get();
    for (const { latent, name } of rows) name.classList.toggle("on", latent === focus);
  };
  store.on(["focus"], mark, signal);
  mark();
  draw();
  const dead = latents - rows.length;
  const [low, high] = [Number(values.data[0]), Number(values.data[values.data.length - 1])].map((v) => fixed(v, 0));
  return el(
    "section",
    { class: "training-film", "aria-label": "Training film" },
    el("label", { class: "slide" }, el("span", {}, "step"), slider, shown, play),
    el(
      "div",
      { class: "traversals" },
      rows.flatMap(({ name, canvas }) => [name, canvas]),
    ),
    el(
      "p",
      { class: "note" },
      `Traversals of one image from ${low} to ${high} as training went on`,
      dead ? `; ${dead} dead latents are left out.` : ".",
    ),
  );
}

/**
 * @param {import("../session.js").Session} session
 * @param {number} latent
 */
function filmRow(session, latent) {
  const factor = session.model.statistics[latent].best_factor;
  const name = el(
    "button",
    { class: "row-name", type: "button", on: { click: () => session.focusLatent(latent) } },
    el("b", { class: "mono" }, `z${latent}`),
    ` ${session.store.get().names[latent] ?? (factor ? labelOf(factor) : "")}`,
  );
  const canvas = el("canvas", {
    class: "frames",
    role: "img",
    "aria-label": `Traversal of z${latent} at this step of the training`,
  });
  return { latent, name, canvas };
}
