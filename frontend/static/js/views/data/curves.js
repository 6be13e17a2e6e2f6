/** Posterior means of the latents that move most, against the value of the factor. */

import { el, svg } from "../../dom.js";
import { valueText } from "../../math/factors.js";
import { short, spoken } from "../../math/format.js";
import { niceStep } from "../../math/parallel.js";
import { strongest } from "./movement.js";

const WIDTH = 460;
const HEIGHT = 250;
const PAD = { left: 46, right: 12, top: 30, bottom: 42 };
const LINES = 3;
const DASHES = ["", "6 3", "2 3"];

/**
 * @param {import("../../types").Dataset} dataset
 * @param {import("./movement.js").Sweep} found
 * @param {number} factor
 * @param {number} here class of the factor shown in the browser
 */
export function movementCurves(dataset, found, factor, here) {
  const shown = strongest(found, factor, LINES);
  const rows = found.codes[factor];
  const values = rows.flatMap((row) => shown.map((latent) => row[latent]));
  const [low, high] = [Math.min(...values, 0), Math.max(...values, 0)];
  const step = niceStep(Math.max(high - low, 0.1), 4);
  const ticks = range(Math.floor(low / step), Math.ceil(high / step)).map((k) => Number((k * step).toPrecision(6)));
  const x = (/** @type {number} */ at) =>
    PAD.left + (at / Math.max(1, rows.length - 1)) * (WIDTH - PAD.left - PAD.right);
  const y = (/** @type {number} */ value) =>
    HEIGHT - PAD.bottom - ((value - ticks[0]) / (ticks[ticks.length - 1] - ticks[0])) * (HEIGHT - PAD.top - PAD.bottom);
  const { name, unit } = dataset.factors[factor];
  const words = (/** @type {number} */ at) => valueText(dataset.factors[factor], at);
  const stops = [...new Set([0, Math.floor((rows.length - 1) / 2), rows.length - 1])];
  const title = `Posterior means against ${spoken(name)}`;
  return el(
    "figure",
    { class: "curves", style: "margin: 0" },
    svg(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        role: "img",
        "aria-label": title,
        width: "100%",
        style: "max-width: 560px",
        "font-family": "var(--font)",
        "font-size": 11,
        fill: "var(--soft)",
      },
      svg("text", { x: PAD.left, y: 14, fill: "var(--text)", "font-weight": 600, "font-size": 12 }, title),
      ticks
        .map((tick) => [
          svg("line", { x1: PAD.left, x2: WIDTH - PAD.right, y1: y(tick), y2: y(tick), stroke: "var(--line)" }),
          svg("text", { x: PAD.left - 6, y: y(tick) + 4, "text-anchor": "end" }, short(tick)),
        ])
        .flat(),
      svg("line", {
        x1: x(here),
        x2: x(here),
        y1: PAD.top,
        y2: HEIGHT - PAD.bottom,
        stroke: "var(--control)",
        "stroke-dasharray": "3 3",
      }),
      stops.map((at) =>
        svg(
          "text",
          {
            x: x(at),
            y: HEIGHT - PAD.bottom + 16,
            "text-anchor": at === 0 ? "start" : at === rows.length - 1 ? "end" : "middle",
          },
          words(at),
        ),
      ),
      svg(
        "text",
        { x: (PAD.left + WIDTH - PAD.right) / 2, y: HEIGHT - 6, "text-anchor": "middle" },
        `${spoken(name)}${unit ? ` [${unit}]` : ""}`,
      ),
      svg(
        "text",
        {
          x: 12,
          y: (PAD.top + HEIGHT - PAD.bottom) / 2,
          transform: `rotate(-90 12 ${(PAD.top + HEIGHT - PAD.bottom) / 2})`,
          "text-anchor": "middle",
        },
        "posterior mean",
      ),
      shown.map((latent, k) =>
        dataset.factors[factor].kind === "categorical"
          ? svg(
              "g",
              {},
              rows.map((row, at) =>
                svg("circle", { cx: x(at), cy: y(row[latent]), r: 4.5 - k, fill: `var(--series-${k + 1})` }),
              ),
            )
          : svg("polyline", {
              points: rows.map((row, at) => `${x(at).toFixed(1)},${y(row[latent]).toFixed(1)}`).join(" "),
              fill: "none",
              stroke: `var(--series-${k + 1})`,
              "stroke-width": 2,
              "stroke-dasharray": DASHES[k],
            }),
      ),
      shown
        .map((latent, k) => [
          svg("line", {
            x1: WIDTH - 56 * (shown.length - k),
            x2: WIDTH - 56 * (shown.length - k) + 22,
            y1: 10,
            y2: 10,
            stroke: `var(--series-${k + 1})`,
            "stroke-width": 2,
            "stroke-dasharray": DASHES[k],
          }),
          svg("text", { x: WIDTH - 56 * (shown.length - k) + 27, y: 14, fill: "var(--text)" }, `z${latent}`),
        ])
        .flat(),
    ),
  );
}

/**
 * @param {number} from
 * @param {number} to inclusive
 */
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, k) => from + k);
