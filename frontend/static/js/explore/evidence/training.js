/** How the model came about: parts of the loss and KL of each latent over the steps, and traversals as they formed. */

import { getJson, modelPath, place as placeOf } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { spoken } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { token } from "../../core/theme.js";
import { createChart } from "../../ui/chart.js";
import { command } from "../../ui/panel.js";
import { toCsv } from "../../ui/download.js";
import { createPanel, missing } from "../../ui/panel.js";
import { createFilm } from "./training-traversals.js";

/** @typedef {import("../session.js").Session} Session */
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
  /** @type {number | null} step of the film, marked in the chart */
  let shownStep = null;

  /** @returns {import("../../ui/chart.js").Figure} */
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
        margin: { l: 58, r: what.value === "kl" ? 44 : 8, t: 8, b: 44 },
        xaxis: { title: { text: "training step", standoff: 6 } },
        yaxis: { title: { text: unit, standoff: 6 } },
        meta: { title: `Training of ${model.name}` },
        annotations: what.value === "kl" ? lineNames(data, step[step.length - 1]) : [],
        shapes: shownStep === null ? [] : [stepLine(shownStep)],
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
    const film =
      "film.npz" in model.files
        ? await createFilm(session, (step) => {
            shownStep = step;
            draw();
          })
        : null;
    place.replaceChildren(
      what,
      chart.node,
      film ?? el("p", { class: "note" }, "This model has no film of its traversals."),
    );
    draw();
  }
  what.addEventListener("change", draw);
  store.on(["focus"], session.rest.later(draw));
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
    ...trainAgain(model),
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
 * How to train the model again: the files to take and the command to type; nothing for a model that has no `run.toml`.
 * @param {import("../../types").Model} model
 */
function trainAgain(model) {
  const line = model.provenance.command;
  const names = ["run.toml", "start.safetensors"].filter((name) => name in model.files);
  if (!line || !names.includes("run.toml")) return [];
  const links = names.flatMap((name, at) => {
    const address = placeOf(`${modelPath(model.id)}/files/${name}`);
    const link = el("a", { href: address, download: name }, name);
    return at ? [" and ", link] : [link];
  });
  return [el("p", { class: "note" }, "Train this model again: take ", ...links, " and type"), command(line)];
}

/** @param {number} step */
const stepLine = (step) => ({
  type: "line",
  xref: "x",
  yref: "paper",
  x0: step,
  x1: step,
  y0: 0,
  y1: 1,
  line: { color: token("--accent"), width: 1, dash: "dot" },
});

/** Least distance of two names, as a share of the largest value. */
const APART = 0.07;

/**
 * Names at the ends of the lines, where there is room: the largest first, those at zero not at all.
 * @param {any[]} lines
 * @param {number} x
 */
function lineNames(lines, x) {
  const ends = lines.map(({ name, y }) => ({ name, y: y[y.length - 1] })).sort((a, b) => b.y - a.y);
  /** @type {typeof ends} */
  const kept = [];
  for (const end of ends) {
    const near = kept.find(({ y }) => y - end.y < APART * ends[0].y);
    if (end.y < APART * ends[0].y) break;
    if (near) near.name += ` ${end.name}`;
    else kept.push({ ...end });
  }
  return kept.map(({ name, y }) => ({
    x,
    y,
    text: name,
    xanchor: "left",
    xshift: 3,
    showarrow: false,
    font: { size: 11, color: token("--soft") },
  }));
}
