/** Map: images as points over two latents, coloured by a factor; pictures on hover, lasso for many, click to load. */

import { modelPath } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { columns } from "../../math/association.js";
import { spoken } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { imageAddress } from "../../inference/input.js";
import { token } from "../../core/theme.js";
import { createChart } from "../../ui/chart.js";
import { toCsv } from "../../ui/download.js";
import { createPanel } from "../../ui/panel.js";
import { toastError } from "../../ui/toast.js";
import { needsSample } from "./no-sample.js";

/** @typedef {import("../session.js").Session} Session */

const POINTS = 2000;
const PICTURES = 48;
/** For cyclic factors: the last colour is the first. */
const WHEEL = ["#d6336c", "#f08c00", "#74b816", "#1098ad", "#7048e8", "#d6336c"].map((c, i) => [i / 5, c]);

/** @param {Session} session */
export function createMap(session) {
  const { store, model, dataset, sample } = session;
  if (!sample) return needsSample(session, "Map of the codes");
  const codes = columns(sample.codes.slice(0, POINTS));
  const factors = columns(sample.factors.slice(0, POINTS));
  const first = orderOf("kl", model.statistics);
  const pair = () => store.get().map ?? [first[0], first[1] ?? first[0]];
  const axis = (/** @type {0 | 1} */ which) => {
    const select = el(
      "select",
      { "aria-label": which ? "Latent upwards" : "Latent across" },
      first.map((i) => el("option", { value: String(i) }, `z${i}`)),
    );
    select.addEventListener("change", () => {
      const now = pair();
      store.set({ map: which ? [now[0], Number(select.value)] : [Number(select.value), now[1]] });
    });
    return select;
  };
  const across = axis(0);
  const up = axis(1);
  const colour = el(
    "select",
    { "aria-label": "Colour" },
    sample.factor_names.map((name, k) => el("option", { value: String(k) }, spoken(name))),
  );
  const preview = el("img", { class: "preview", alt: "", hidden: true });
  const caption = el(
    "p",
    { class: "note" },
    "Hover a point to see its image, click it to load it, draw a lasso to see many. Or go there with the arrow keys, load by Enter, and hold Shift to see all between two points.",
  );
  const gallery = el("div", { class: "lassoed" });
  const picture = (/** @type {number} */ n) => imageAddress(model, sample.indices[n]);
  const wordsOf = (/** @type {number} */ n) =>
    `#${sample.indices[n].toLocaleString("en-US")}: ${sample.factor_names.map((name, k) => `${spoken(name)} ${factors[k][n]}`).join(", ")}`;
  const chart = createChart("Map of the codes over two latents", {
    onHover: ({ pointNumber, curveNumber }) => {
      if (curveNumber || !dataset) return;
      const address = picture(pointNumber);
      preview.hidden = !address;
      if (address) preview.src = address;
      caption.textContent = wordsOf(pointNumber);
    },
    describe: ({ pointNumber, curveNumber }) => (curveNumber ? "current point" : wordsOf(pointNumber)),
    onClick: ({ pointNumber, curveNumber }) => {
      if (!curveNumber && dataset) session.loadIndex(sample.indices[pointNumber]).catch(toastError);
    },
    onSelect: (points) => lassoed(points.filter((p) => !p.curveNumber).map((p) => p.pointNumber)),
  });

  /** @param {number[]} chosen */
  function lassoed(chosen) {
    caption.textContent = `${chosen.length.toLocaleString("en-US")} images${chosen.length > PICTURES ? `, the first ${PICTURES}` : ""}; click one to load it.`;
    preview.hidden = true;
    gallery.replaceChildren(
      ...chosen
        .filter(picture)
        .slice(0, PICTURES)
        .map((n) =>
          el(
            "button",
            {
              type: "button",
              title: `#${sample?.indices[n]}`,
              on: { click: () => session.loadIndex(/** @type {any} */ (sample).indices[n]).catch(toastError) },
            },
            el("img", { src: picture(n) ?? "", alt: `image ${sample?.indices[n]}`, loading: "lazy" }),
          ),
        ),
    );
  }
  const draw = () => {
    const [x, y] = pair();
    across.value = String(x);
    up.value = String(y);
    return chart.draw(figure);
  };
  /** @returns {import("../../ui/chart.js").Figure} */
  function figure() {
    const [x, y] = pair();
    const k = Number(colour.value);
    const { z } = store.get();
    const cyclic = sample?.factor_kinds[k] === "cyclic";
    return {
      data: [
        {
          type: "scatter",
          mode: "markers",
          x: codes[x],
          y: codes[y],
          marker: {
            size: 5,
            opacity: 0.75,
            color: factors[k],
            colorscale: cyclic ? WHEEL : "Viridis",
            cmin: 0,
            cmax: (sample?.factor_sizes[k] ?? 2) - (cyclic ? 0 : 1),
            colorbar: {
              thickness: 10,
              outlinewidth: 0,
              title: { text: spoken(sample?.factor_names[k] ?? ""), side: "right", font: { size: 11 } },
              tickfont: { size: 10, color: token("--soft") },
            },
          },
          hoverinfo: "none",
        },
        {
          type: "scatter",
          mode: "markers",
          x: [z[x]],
          y: [z[y]],
          marker: { symbol: "circle-open", size: 14, color: token("--text"), line: { width: 3 } },
          hovertemplate: "current point<extra></extra>",
        },
      ],
      layout: {
        height: 360,
        margin: { l: 44, r: 6, t: 8, b: 40 },
        dragmode: "lasso",
        hovermode: "closest",
        uirevision: `${x}-${y}`,
        xaxis: { title: { text: `z${x}`, standoff: 6 }, zeroline: false },
        yaxis: { title: { text: `z${y}`, standoff: 4 }, zeroline: false },
      },
    };
  }
  colour.addEventListener("change", draw);
  store.on(
    ["map", "step"],
    session.rest.later(() => chart.node.isConnected && draw()),
  );
  store.on(["focus"], ({ focus }) => {
    if (!chart.node.isConnected || pair().includes(focus)) return;
    store.set({ map: [focus, pair()[0]] });
  });
  const csv = () =>
    toCsv([
      ["image", `z${pair()[0]}`, `z${pair()[1]}`, ...sample.factor_names],
      ...codes[0].map((_, n) => [
        sample.indices[n],
        codes[pair()[0]][n],
        codes[pair()[1]][n],
        ...factors.map((f) => f[n]),
      ]),
    ]);
  const panel = createPanel(
    {
      title: "Map",
      name: `${model.id}-map`,
      controls: [across, up, ...(factors.length ? [colour] : [])],
      exports: () => ({ chart, csv, rest: `${modelPath(model.id)}/figures/scatter` }),
    },
    chart.node,
    el("div", { class: "hovered" }, preview, caption),
    gallery,
  );
  return { node: panel.node, show: draw };
}
