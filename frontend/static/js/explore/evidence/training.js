/** How the model came about: parts of the loss and KL of each latent over the steps, and traversals as they formed. */

import { modelPath, place as placeOf } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { labelOf } from "../../core/format.js";
import { token } from "../../core/theme.js";
import { withUnit } from "../../figures/loss-parts.js";
import { command, missing } from "../../ui/panel.js";
import { readFigure } from "../../ui/service-figure.js";
import { figurePanel } from "./figure.js";
import { createFilm } from "./training-traversals.js";

/** @typedef {import("../../types").Figure} Figure */

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createTraining(session, signal) {
  const { store, model } = session;
  const what = el("select", { "aria-label": "What is drawn", hidden: true });
  const film = el("div", {}, el("p", { class: "note" }, "This model has no film of its traversals."));
  /** @type {{ parts: Figure, kl: Figure | null } | null} */
  let figures = null;
  /** @type {number | null} step of the film, marked in the chart */
  let shownStep = null;

  const load = async () => {
    if (figures) return;
    const [parts, kl] = await Promise.all([
      readFigure(modelPath(model.id), "history"),
      readFigure(modelPath(model.id), "kl", { over: "steps" }).catch(() => null),
    ]);
    what.replaceChildren(
      ...(kl ? [el("option", { value: "kl" }, "KL of each latent")] : []),
      ...parts.data.map(({ meta }) => el("option", { value: meta }, labelOf(meta))),
      el("option", { value: "" }, "all parts of the loss"),
    );
    what.hidden = false;
    figures = { parts, kl };
    if (!("film.npz" in model.files)) return;
    film.replaceChildren(
      await createFilm(session, signal, (step) => {
        shownStep = step;
        panel.draw();
      }),
    );
  };

  /** @param {Figure} figure */
  function restyle({ data, layout }) {
    const { focus } = store.get();
    const shapes = shownStep === null ? [] : [stepLine(shownStep)];
    if (what.value === "kl") {
      const lines = data.map((trace) => {
        const on = trace.meta === focus;
        return { ...trace, line: { width: on ? 3 : 1.5, color: token(on ? "--accent" : "--faint") } };
      });
      return { data: lines, layout: { ...layout, shapes } };
    }
    const chosen = data.filter(({ meta }) => meta === what.value);
    if (!chosen.length) return { data, layout: { ...layout, shapes } };
    const { yaxis2, ...rest } = layout;
    const line = { color: token("--accent"), width: 2 };
    return {
      data: chosen.map((trace) => ({ ...trace, yaxis: "y", line })),
      layout: {
        ...rest,
        shapes,
        showlegend: false,
        margin: { ...layout.margin, r: 8, b: 44 },
        yaxis: { ...layout.yaxis, title: { text: withUnit(what.value), standoff: 6 } },
      },
    };
  }

  const panel = figurePanel(session, signal, {
    title: "Training",
    name: "training",
    label: "Loss and KL over training",
    address: () => (what.value === "kl" ? ["kl", { over: "steps" }] : ["history"]),
    also: load,
    restyle,
    rows: () => {
      const { parts, kl } = /** @type {{ parts: Figure, kl: Figure | null }} */ (figures);
      const latents = [...(kl?.data ?? [])].sort((a, b) => a.meta - b.meta);
      return [
        ["step", ...parts.data.map(({ meta }) => meta), ...latents.map(({ meta }) => `kl_z${meta}`)],
        ...parts.data[0].x.map((/** @type {number} */ step, /** @type {number} */ n) => [
          step,
          ...parts.data.map(({ y }) => y[n]),
          ...latents.map(({ y }) => y[n]),
        ]),
      ];
    },
    react: { onClick: ({ data }) => typeof data.meta === "number" && session.focusLatent(data.meta) },
    rested: ["focus"],
    absent: () =>
      missing(
        "This model carries no history of its training",
        "Imported models have none; runs exported by ",
        el("code", {}, "axiscope export"),
        " do.",
      ),
    controls: [what],
    below: [film],
    after: trainAgain(model),
  });
  what.addEventListener("change", panel.show);
  return panel;
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
