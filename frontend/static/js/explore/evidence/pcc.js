/** Heat map of correlations between latents and factors, with the gaps that CbD averages; a cell focuses its slider. */

import { modelPath } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { associationMatrix, cbd, diagonalOrder, knownPearson, pearsonMatrix } from "../../math/association.js";
import { spoken, unitless } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel } from "../../ui/panel.js";
import { FLAGS, pccFigure } from "./pcc-figure.js";
import { needsSample } from "./no-sample.js";

/** @typedef {import("../session.js").Session} Session */

/**
 * @param {Session} session
 * @returns {{ node: HTMLElement, show: () => void }}
 */
export function createPcc(session) {
  const { store, model, sample } = session;
  if (!sample?.factor_names.length) return needsSample(session, "Correlation with the factors");

  const known = knownPearson(model, sample.factor_names);
  const pearson = known ?? pearsonMatrix(sample);
  const images = known ? model.statistics_rows : sample.codes.length;
  const suited = associationMatrix(sample);
  const scores = cbd(pearson);
  const kind = el(
    "select",
    { "aria-label": "Measure" },
    el("option", { value: "absolute" }, "|Pearson|"),
    el("option", { value: "signed" }, "Pearson, signed"),
    el("option", { value: "suited" }, "by kind of factor"),
  );
  const diagonal = el("button", { class: "btn", type: "button", "aria-pressed": "false" }, "Diagonalise");
  const note = el("p", { class: "note" });
  const chart = createChart("Heat map of correlation between latents and factors", {
    onClick: ({ customdata }) => customdata && session.focusLatent(customdata[0], customdata[1]),
  });
  let sorted = false;

  const rows = () => {
    const { order, manual, importance } = store.get();
    return sorted ? diagonalOrder(pearson) : orderOf(order, model.statistics, { manual, importance });
  };
  const matrix = () => (kind.value === "suited" ? suited : pearson);
  const draw = () => {
    note.replaceChildren(...words());
    const signed = kind.value === "signed";
    const measure = kind.options[kind.selectedIndex].text;
    const title = `Latents and factors: ${measure}. CbD ${unitless(scores.score)}`;
    return chart.draw(() =>
      pccFigure(session, { matrix: matrix(), signed, rows: rows(), gaps: scores, sample, title }),
    );
  };
  const words = () => {
    const odd = sample.factor_names
      .map((name, k) => ({ name: spoken(name), kind: sample.factor_kinds[k] }))
      .filter((f) => f.kind === "categorical" || f.kind === "cyclic")
      .map((f) => `${f.name} (${f.kind}${FLAGS[f.kind]})`);
    const head = [
      el("b", {}, `CbD ${unitless(scores.score)}`),
      ` = (compactness ${unitless(scores.compactness)} + modularity ${unitless(scores.modularity)}) / 2, over ${images.toLocaleString("en-US")} images. `,
    ];
    if (kind.value === "suited") {
      return [
        ...head,
        "Cyclic factors ○: circular-linear correlation. Categorical ∷: correlation ratio. Others: |Pearson|.",
      ];
    }
    if (!odd.length) return head;
    const link = el("button", { class: "link", type: "button" }, "Show circular correlation and correlation ratio");
    link.addEventListener("click", () => {
      kind.value = "suited";
      draw();
    });
    return [...head, `Pearson is not meant for ${odd.join(", ")}. `, link];
  };
  kind.addEventListener("change", draw);
  diagonal.addEventListener("click", () => {
    sorted = !sorted;
    diagonal.setAttribute("aria-pressed", String(sorted));
    draw();
  });
  store.on(["order", "manual", "importance", "names"], draw);
  store.on(["focus", "factor"], session.rest.later(draw));
  const csv = () =>
    toCsv([
      ["latent", ...sample.factor_names],
      ...rows().map((i) => [`z${i}`, ...matrix()[i].map((v) => v.toFixed(6))]),
    ]);
  const panel = createPanel(
    {
      title: "Correlation",
      name: `${model.id}-pcc`,
      controls: [kind, diagonal],
      exports: () => ({ chart, csv, rest: `${modelPath(model.id)}/figures/pcc` }),
    },
    chart.node,
    note,
  );
  return { node: panel.node, show: draw };
}
