/** Heat map of correlations between latents and factors, with the gaps that CbD averages; a cell focuses its slider. */

import { el, select } from "../../core/dom.js";
import { labelOf, thousands, unitless } from "../../core/format.js";
import { asSliders, figurePanel, sliderOrder } from "./figure.js";

/** Query of the figure by measure. @type {Record<string, Record<string, any>>} */
const QUERIES = { absolute: {}, signed: { signed: true }, suited: { measure: "by_kind" } };
const FLAGS = { categorical: " ∷", cyclic: " ○" };

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createPcc(session, signal) {
  const measures = { absolute: "|Pearson|", signed: "Pearson, signed", suited: "by kind of factor" };
  const kind = select("Measure", Object.entries(measures), () => panel.show());
  const diagonal = el("button", { class: "btn", type: "button", "aria-pressed": "false" }, "Diagonalise");
  let sorted = false;
  const order = (/** @type {import("../../types").Figure} */ { layout }) =>
    sorted ? layout.meta.diagonal : sliderOrder(session);

  /** @param {import("../../types").Figure} figure */
  function note({ layout: { meta } }) {
    const { score, compactness, modularity } = meta.cbd;
    const head = [
      el("b", {}, `CbD ${unitless(score)}`),
      ` = (compactness ${unitless(compactness)} + modularity ${unitless(modularity)}) / 2, over ${thousands(meta.images)} images. `,
    ];
    if (kind.value === "suited") {
      return [
        ...head,
        "Cyclic factors ○: circular-linear correlation. Categorical ∷: correlation ratio. Others: |Pearson|.",
      ];
    }
    const odd = meta.factors.flatMap((/** @type {string} */ name, /** @type {number} */ k) => {
      const of = /** @type {keyof typeof FLAGS} */ (meta.kinds[k]);
      return of in FLAGS ? [`${labelOf(name)} (${of}${FLAGS[of]})`] : [];
    });
    if (!odd.length) return head;
    const link = el("button", { class: "link", type: "button" }, "Show circular correlation and correlation ratio");
    link.addEventListener("click", () => {
      kind.value = "suited";
      panel.show();
    });
    return [...head, `Pearson is not meant for ${odd.join(", ")}. `, link];
  }

  const panel = figurePanel(session, signal, {
    title: "Correlation",
    term: "pcc",
    name: "pcc",
    label: "Heat map of correlation between latents and factors",
    address: () => ["pcc", QUERIES[kind.value]],
    restyle: (figure) => {
      const { data, layout } = asSliders(session, figure, order(figure));
      return { data, layout: { ...layout, annotations: [] } };
    },
    note,
    rows: (figure) => [
      ["latent", ...figure.layout.meta.factors],
      ...order(figure).map((/** @type {number} */ latent) => [
        `z${latent}`,
        ...figure.data[0].z[figure.layout.meta.latents.indexOf(latent)],
      ]),
    ],
    react: { onClick: ({ customdata }) => customdata && session.focusLatent(customdata[0], customdata[1]) },
    redraw: ["order", "manual", "importance", "names"],
    rested: ["focus", "factor"],
    factors: true,
    controls: [kind, diagonal],
  });
  diagonal.addEventListener("click", () => {
    sorted = !sorted;
    diagonal.setAttribute("aria-pressed", String(sorted));
    panel.draw();
  });
  return panel;
}
