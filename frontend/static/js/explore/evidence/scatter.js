/** Map: images as points over two latents, coloured by a factor; pictures on hover, lasso for many, click to load. */

import { el, select } from "../../core/dom.js";
import { labelOf } from "../../core/format.js";
import { orderOf } from "../../math/latents.js";
import { imageAddress } from "../../inference/input.js";
import { token } from "../../core/theme.js";
import { missing } from "../../ui/panel.js";
import { toastError } from "../../ui/toast.js";
import { figurePanel } from "./figure.js";

const PICTURES = 48;

/** @param {import("../session.js").Session} session @param {AbortSignal} signal */
export function createMap(session, signal) {
  const { store, model, dataset, sample } = session;
  const first = orderOf("kl", model.statistics);
  const pair = () => store.get().map ?? [first[0], first[1] ?? first[0]];
  const latents = first.map((i) => [String(i), `z${i}`]);
  const across = select("Latent across", latents, (value) => store.set({ map: [Number(value), pair()[1]] }));
  const up = select("Latent upwards", latents, (value) => store.set({ map: [pair()[0], Number(value)] }));
  const names = sample?.factor_names ?? [];
  const factors = names.map((name, k) => [String(k), labelOf(name)]);
  const colour = select("Colour", factors, () => panel.draw());
  const preview = el("img", { class: "preview", alt: "", hidden: true });
  const caption = el(
    "p",
    { class: "note" },
    "Hover a point to see its image, click it to load it, draw a lasso to see many. Or go there with the arrow keys, load by Enter, and hold Shift to see all between two points.",
  );
  const gallery = el("div", { class: "lassoed" });
  const picture = (/** @type {number} */ image) => imageAddress(model, image);
  /** Row of the sample by number of the image. */
  const rowOf = new Map(sample?.indices.map((image, n) => [image, n]));
  const load = (/** @type {number} */ image) => session.loadIndex(image).catch(toastError);
  const wordsOf = (/** @type {number} */ image) => {
    const classes = sample?.factors[rowOf.get(image) ?? -1] ?? [];
    return `#${image.toLocaleString("en-US")}: ${classes.map((value, k) => `${labelOf(names[k])} ${value}`).join(", ")}`;
  };

  /** @param {number[]} chosen */
  function lassoed(chosen) {
    caption.textContent = `${chosen.length.toLocaleString("en-US")} images${chosen.length > PICTURES ? `, the first ${PICTURES}` : ""}; click one to load it.`;
    preview.hidden = true;
    gallery.replaceChildren(
      ...chosen
        .filter(picture)
        .slice(0, PICTURES)
        .map((image) =>
          el(
            "button",
            { type: "button", title: `#${image}`, on: { click: () => load(image) } },
            el("img", { src: picture(image) ?? "", alt: `image ${image}`, loading: "lazy" }),
          ),
        ),
    );
  }

  /**
   * The figure with the chosen latents and factor, whose values the page has: no choice waits for a request.
   * @param {import("../../types").Figure} figure
   */
  function restyle({ data: [points], layout }) {
    const [x, y] = pair();
    across.value = String(x);
    up.value = String(y);
    const { z } = store.get();
    const rows = points.customdata.map((/** @type {number} */ image) => rowOf.get(image));
    const along = (/** @type {number} */ latent) => rows.map((/** @type {number} */ n) => sample?.codes[n][latent]);
    const k = Number(colour.value);
    const classes = names.length && { color: rows.map((/** @type {number} */ n) => sample?.factors[n][k]) };
    const marker = { ...points.marker, ...layout.meta.markers[k], ...classes };
    const images = sample ? { ...points, x: along(x), y: along(y), marker } : points;
    const here = {
      type: "scatter",
      mode: "markers",
      x: [z[x]],
      y: [z[y]],
      marker: { symbol: "circle-open", size: 14, color: token("--text"), line: { width: 3 } },
      hovertemplate: "current point<extra></extra>",
    };
    return {
      data: [{ ...images, hoverinfo: "none", hovertemplate: "" }, here],
      layout: {
        ...layout,
        margin: { ...layout.margin, r: 6 },
        dragmode: "lasso",
        uirevision: `${x}-${y}`,
        xaxis: { ...layout.xaxis, title: { text: `z${x}`, standoff: 6 } },
        yaxis: { ...layout.yaxis, title: { text: `z${y}`, standoff: 4 } },
      },
    };
  }

  const panel = figurePanel(session, signal, {
    title: "Map",
    term: "map",
    name: "map",
    label: "Map of the codes over two latents",
    address: () => ["scatter", { colour: names[0] }],
    restyle,
    rows: ({ data: [{ customdata }] }) => {
      const [x, y] = pair();
      return [
        ["image", `z${x}`, `z${y}`, ...names],
        ...customdata.map((/** @type {number} */ image) => {
          const n = rowOf.get(image) ?? -1;
          return [image, sample?.codes[n]?.[x], sample?.codes[n]?.[y], ...(sample?.factors[n] ?? [])];
        }),
      ];
    },
    react: {
      onHover: ({ customdata, curveNumber }) => {
        if (curveNumber || !dataset) return;
        const address = picture(customdata);
        preview.hidden = !address;
        if (address) preview.src = address;
        caption.textContent = wordsOf(customdata);
      },
      describe: ({ customdata, curveNumber }) => (curveNumber ? "current point" : wordsOf(customdata)),
      onClick: ({ customdata, curveNumber }) => {
        if (!curveNumber && dataset) load(customdata);
      },
      onSelect: (points) => lassoed(points.filter((p) => !p.curveNumber).map((p) => p.customdata)),
    },
    rested: ["map", "step"],
    absent: () =>
      missing(
        "This model has no sample of codes",
        "Import it again with ",
        el("code", {}, "axiscope import … --dataset NAME"),
        " to get one.",
      ),
    controls: [across, up, ...(names.length ? [colour] : [])],
    below: [el("div", { class: "hovered" }, preview, caption), gallery],
  });
  const follow = () => {
    const { focus } = store.get();
    if (panel.chart.node.isConnected && !pair().includes(focus)) store.set({ map: [focus, pair()[0]] });
  };
  store.on(["focus"], follow, signal);
  return panel;
}
