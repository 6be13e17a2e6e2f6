/** Hinton diagram of DCI: squares whose area is the importance of a latent for a factor; bars for D and C. */

import { modelPath } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { orderOf } from "../../math/latents.js";
import { isAbort, latest } from "../../core/latest.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel, missing } from "../../ui/panel.js";
import { evaluateButton } from "../../ui/evaluate-button.js";
import { withoutDataset } from "../../ui/panel.js";
import { loadImportance, metricRow, metricRows } from "../metric-results.js";
import { hintonFigure, totals } from "./hinton-figure.js";

/** @typedef {import("../session.js").Session} Session */

/** @param {Session} session */
export function createHinton(session) {
  const { store, model } = session;
  const chart = createChart("Hinton diagram of DCI importances", {
    onClick: ({ customdata }) => customdata && session.focusLatent(customdata[0], customdata[1]),
  });
  const note = el("p", { class: "note" });
  const place = el("div", {}, el("p", { class: "note" }, "Loading …"));
  /** @type {import("../../types").MetricRow | null} */
  let row = null;
  const rows = () => {
    const { order, manual, importance } = store.get();
    return orderOf(order, model.statistics, { manual, importance });
  };
  const names = () => /** @type {string[]} */ (session.sample?.factor_names ?? model.factor_names);
  const draw = () => {
    if (row?.details) chart.draw(() => hintonFigure(session, /** @type {any} */ (row), rows(), names()));
  };
  const read = latest(async () => {
    const found = await metricRow(session, "dci");
    if (found?.details?.importance && !store.get().importance) await loadImportance(session);
    return found;
  });
  async function show() {
    try {
      row = await read();
    } catch (error) {
      if (isAbort(error)) return;
      place.replaceChildren(missing("The metrics could not be read", String(error)));
      return;
    }
    if (!row?.details?.importance && !model.dataset) {
      place.replaceChildren(withoutDataset());
      return;
    }
    if (!row?.details?.importance) {
      const how = el("code", {}, `axiscope evaluate ${model.id} --metrics dci`);
      place.replaceChildren(
        missing(
          "DCI has not been computed for this model",
          "Run ",
          how,
          ", or",
          evaluateButton(model.id, ["dci"], { label: "Compute it now", onDone: again }) ?? "",
        ),
      );
      return;
    }
    note.replaceChildren(
      el("b", {}, totals(row)),
      `. The area of a square is the importance of the latent for the factor; bars: D of each latent, C of each factor. n = ${(row.n ?? 0).toLocaleString("en-US")}, seed ${row.seed}.`,
    );
    place.replaceChildren(chart.node, note);
    draw();
  }
  const again = () => metricRows(session, true).then(show);
  store.on(["order", "manual", "names"], draw);
  store.on(["focus"], session.rest.later(draw));
  const csv = () =>
    toCsv([["latent", ...names()], ...rows().map((i) => [`z${i}`, ...(row?.details?.importance[i] ?? [])])]);
  const panel = createPanel(
    {
      title: "Hinton diagram of DCI",
      name: `${model.id}-hinton`,
      exports: () => ({ ...(row ? { chart, csv } : {}), rest: `${modelPath(model.id)}/figures/hinton` }),
    },
    place,
  );
  return { node: panel.node, show };
}
