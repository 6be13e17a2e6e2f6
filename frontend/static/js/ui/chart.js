/** Charts by Plotly, loaded when the first one is drawn. Colours come from the design tokens. */

import { asset } from "../core/assets.js";
import { el } from "../core/dom.js";
import { onTheme, token } from "../core/theme.js";
import { addChartKeys } from "./chart-keys.js";

/** @typedef {{ data: any[], layout: any }} Figure Plotly's figure */

/** @type {Promise<any> | null} */
let loading = null;

/** @returns {Promise<any>} the Plotly library; after a failure the next call tries again */
export function loadPlotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = el("script", { src: asset("vendor/plotly.min.js") });
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("Plotly is not installed on this server"));
    };
    document.head.append(script);
  });
  return loading;
}

const TITLE_PIXELS = 28;
/** Height of title, controls and note of a panel in full screen. */
const FRAME_PIXELS = 170;
const DEFAULT_HEIGHT = 450;
const CONFIG = { displayModeBar: false, doubleClick: "reset" };

/**
 * Create the node of one chart. A later `draw` replaces the figure.
 * @param {string} label accessible name
 * @param {import("./chart-keys.js").React} [react]
 */
export function createChart(label, react = {}) {
  const node = el("div", { class: "chart", role: "img", "aria-label": label });
  const keys = addChartKeys(node, react);
  /** @type {(() => Figure) | null} */
  let make = null;
  /** @type {any} the library, after it has drawn here */
  let used = null;
  /** @type {HTMLElement | null} */
  let message = null;
  let width = 0;
  const life = new AbortController();
  const sizes = new ResizeObserver(() => node.clientWidth !== width && render());

  async function render() {
    if (!make || !node.isConnected) return;
    let plotly;
    try {
      plotly = await loadPlotly();
    } catch {
      if (!life.signal.aborted && !message) node.replaceChildren((message = missingPlotly(render)));
      return;
    }
    if (!make || !node.isConnected) return;
    message?.remove();
    message = null;
    const { data, layout } = make();
    const height = heightOn(node, layout.height ?? DEFAULT_HEIGHT);
    node.style.height = `${height}px`;
    node.style.minWidth = layout.meta?.minWidth ? `${layout.meta.minWidth}px` : "";
    width = node.clientWidth;
    const first = !used;
    used = plotly;
    await plotly.react(node, data, { ...themed(layout), height, autosize: true }, CONFIG);
    if (life.signal.aborted) return plotly.purge(node);
    keys.redraw();
    if (!first) return;
    sizes.observe(node);
    const on = /** @type {any} */ (node).on.bind(node);
    on("plotly_click", (/** @type {any} */ event) => react.onClick?.(event.points[0]));
    on("plotly_hover", (/** @type {any} */ event) => react.onHover?.(event.points[0]));
    on("plotly_selected", (/** @type {any} */ event) => event && react.onSelect?.(event.points));
  }
  onTheme(render, life.signal);
  return {
    node,
    /** @param {() => Figure} figure called now, and when the theme or the size changes; `meta.minWidth` in px */
    draw(figure) {
      make = figure;
      return render();
    },
    /** Release the drawing and the listeners of size, theme and keys. */
    destroy() {
      make = null;
      life.abort();
      sizes.disconnect();
      keys.remove();
      used?.purge(node);
    },
    /** The figure as drawn, for exports. @returns {Figure | null} */
    figure: () => (make ? make() : null),
    /** @param {"png" | "svg"} format @param {string} name */
    async save(format, name) {
      const plotly = await loadPlotly();
      if (!make) return;
      const { width } = node.getBoundingClientRect();
      const { data, layout } = printed(make(), label, Math.max(480, width));
      const { height } = layout;
      const scale = format === "png" ? 3 : 1;
      await plotly.downloadImage({ data, layout }, { format, filename: name, width: layout.width, height, scale });
    },
  };
}

/**
 * Height of the figure, or of the window where its panel is in full screen.
 * @param {HTMLElement} node
 * @param {number} height
 */
const heightOn = (node, height) =>
  node.closest(".full-screen") ? Math.max(height, innerHeight - FRAME_PIXELS) : height;

/**
 * A figure outside its panel: with a title (`meta.title`, else the name of the chart) and a background.
 * @param {Figure} figure
 * @param {string} label
 * @param {number} width
 * @returns {Figure}
 */
function printed({ data, layout }, label, width) {
  const whole = themed(layout);
  const extra = layout.title ? 0 : TITLE_PIXELS;
  const title = layout.title ?? {
    text: layout.meta?.title ?? label,
    font: { size: 14 },
    x: 0.5,
    y: 1,
    yanchor: "top",
    pad: { t: 10 },
  };
  const margin = { ...whole.margin, t: whole.margin.t + extra };
  const height = (layout.height ?? DEFAULT_HEIGHT) + extra;
  return { data, layout: { ...whole, title, margin, width, height, paper_bgcolor: token("--surface") } };
}

/** @param {any} layout */
function themed(layout) {
  const axis = {
    gridcolor: token("--line"),
    linecolor: token("--line"),
    zerolinecolor: token("--line"),
    tickfont: { color: token("--soft"), size: 11 },
  };
  const axes = Object.fromEntries(
    Object.keys({ xaxis: 1, yaxis: 1, ...layout })
      .filter((key) => /^[xy]axis\d*$/.test(key))
      .map((key) => [key, { ...axis, ...layout[key], ...sized(layout[key]) }]),
  );
  return {
    margin: { l: 56, r: 12, t: 12, b: 44 },
    font: { family: token("--font"), size: 12, color: token("--text") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    hoverlabel: { bgcolor: token("--raised"), bordercolor: token("--control"), font: { color: token("--text") } },
    showlegend: false,
    ...layout,
    ...axes,
  };
}

/** @param {() => void} again */
function missingPlotly(again) {
  return el(
    "div",
    { class: "empty" },
    el("b", {}, "Charts need Plotly, which did not come from this server"),
    "If it is not installed, run ",
    el("code", {}, "make vendor"),
    " in the project's folder. The numbers are in the panel's CSV export. ",
    el("button", { class: "btn", type: "button", on: { click: again } }, "Try again"),
  );
}

/**
 * Titles of axes as large as the text around them, unless the figure sets their size.
 * @param {any} axis
 */
const sized = (axis) => (axis?.title ? { title: { ...axis.title, font: { size: 12, ...axis.title.font } } } : {});
