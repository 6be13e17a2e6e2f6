/** Hinton diagram of DCI: squares whose area is the importance of a latent for a factor; bars for D and C. */

import { el } from "../../core/dom.js";
import { thousands } from "../../core/format.js";
import { evaluateButton } from "../../ui/job-button.js";
import { missing } from "../../ui/panel.js";
import { loadImportance, metricRow, metricRows } from "../metric-results.js";
import { asSliders, figurePanel, sliderOrder } from "./figure.js";

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createHinton(session, signal) {
  const { model, store } = session;
  /** @type {import("../../types").MetricRow | null} */
  let row = null;
  const panel = figurePanel(session, signal, {
    title: "Hinton diagram of DCI",
    term: "hinton",
    name: "hinton",
    label: "Hinton diagram of DCI importances",
    address: () => ["hinton"],
    also: async () => {
      row = await metricRow(session, "dci").catch(() => null);
      if (row && !store.get().importance) await loadImportance(session);
    },
    restyle: (figure) => asSliders(session, figure, sliderOrder(session)),
    note: ({ layout: { meta } }) => [
      el("b", {}, meta.totals),
      ". The area of a square is the importance of the latent for the factor; bars: D of each latent, C of each factor.",
      row ? ` n = ${thousands(row.n ?? 0)}, seed ${row.seed}.` : "",
    ],
    rows: ({ data, layout: { meta } }) => [
      ["latent", ...meta.factors],
      ...sliderOrder(session).map((latent) => [
        `z${latent}`,
        ...data[0].customdata.flatMap((/** @type {any[]} */ [i, , , value]) => (i === latent ? [value] : [])),
      ]),
    ],
    react: { onClick: ({ customdata }) => customdata && session.focusLatent(customdata[0], customdata[1]) },
    redraw: ["order", "manual", "importance", "names"],
    rested: ["focus", "factor"],
    factors: true,
    absent: () =>
      missing(
        "DCI has not been computed for this model",
        "Run ",
        el("code", {}, `axiscope evaluate ${model.id} --metrics dci`),
        ", or",
        evaluateButton(model.id, ["dci"], { label: "Compute it now", onDone: again }) ?? "",
      ),
  });
  const again = () => metricRows(session, true).then(panel.show);
  return panel;
}
