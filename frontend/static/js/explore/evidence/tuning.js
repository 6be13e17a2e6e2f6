/** Tuning: mean code and band per class of a factor, for the focused latent; or every image's code against the class. */

import { select } from "../../core/dom.js";
import { labelOf, thousands } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { figurePanel } from "./figure.js";

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createTuning(session, signal) {
  const { store, model } = session;
  const views = {
    curves: "one latent, all factors",
    latents: "one factor, all latents",
    points: "values, image by image",
  };
  const view = select("What is drawn", Object.entries(views), () => panel.show());
  const names = session.sample?.factor_names ?? model.factor_names;
  const factor = () => {
    const { factor, focus } = store.get();
    return names[factor ?? Math.max(0, names.indexOf(model.statistics[focus]?.best_factor ?? ""))];
  };
  /** @returns {Record<string, any>} */
  const query = () => {
    const { focus } = store.get();
    if (view.value !== "latents") return { latents: focus, points: view.value === "points" ? true : null };
    const live = orderOf("kl", model.statistics).filter((i) => model.statistics[i].state !== "dead");
    return { latents: live.join(","), factors: factor() };
  };
  const panel = figurePanel(session, signal, {
    title: "Tuning",
    term: "tuning",
    name: "tuning",
    label: "Tuning curves of latents over factors",
    address: () => ["tuning", query()],
    note: ({ layout: { meta } }) => {
      const z = `z${meta.latents[0]}`;
      if (view.value === "latents") {
        return [
          `E[z | ${labelOf(meta.factors[0])}] of every latent that is not dead; the band is one standard deviation. Click a curve to focus its latent.`,
        ];
      }
      return [
        view.value === "curves"
          ? `E[${z} | factor]; the band is one standard deviation over ${thousands(meta.images)} images. A flat curve: the latent does not code the factor.`
          : `${z} of up to 1,500 images against the class of each factor.`,
      ];
    },
    rows: ({ data }) => [
      view.value === "points"
        ? ["latent", "factor", "class", "code"]
        : ["latent", "factor", "class", "n", "mean", "low", "high"],
      ...data.flatMap((trace, at) => {
        const [latent, column] = trace.meta;
        const of = [`z${latent}`, names[column]];
        if (view.value === "points") {
          return trace.x.map((/** @type {number} */ x, /** @type {number} */ n) => [...of, Math.round(x), trace.y[n]]);
        }
        if (trace.hoverinfo === "skip") return [];
        const band = data[at - 1].y;
        return trace.x.map((/** @type {number} */ x, /** @type {number} */ n) => [
          ...of,
          x,
          trace.customdata[n][1],
          trace.y[n],
          band[band.length - 1 - n],
          band[n],
        ]);
      }),
    ],
    react: { onClick: ({ data }) => data.meta && session.focusLatent(data.meta[0], data.meta[1]) },
    reread: ["focus", "factor"],
    factors: true,
    controls: [view],
  });
  return panel;
}
