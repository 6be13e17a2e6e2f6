/** Parallel coordinates: one axis a metric, better end on top, one line a model. */

import { LEGEND_BELOW, heightWithLegend } from "./legend.js";

/**
 * @param {{name: string, title: string, unit?: string, higher_is_better: boolean, values: (number | null)[]}[]} columns
 * @param {{names: string[], groups: string[]}} models
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function parallelFigure(columns, models, palette) {
  /** @type {ScaledAxis[]} */
  const axes = [];
  /** @type {typeof columns} */
  const kept = [];
  for (const column of columns) {
    const axis = scaleAxis(
      { name: column.name, title: column.title, higherIsBetter: column.higher_is_better },
      column.values,
    );
    if (axis) {
      axes.push(axis);
      kept.push(column);
    }
  }
  const groups = [...new Set(models.groups)];
  const many = axes.length > 12; // the values at their ends stand upright then, and need more room
  const crowd = models.names.length > 60;
  const lines = groups.map((group, k) => {
    /** @type {{x: (number | null)[], y: (number | null)[], text: (string | null)[]}} */
    const trace = { x: [], y: [], text: [] };
    models.groups.forEach((of, at) => {
      if (of !== group) return;
      const values = kept.map((column) => column.values[at]);
      for (const run of polylines(axes, values)) {
        for (const { axis, height } of run) {
          trace.x.push(axis);
          trace.y.push(height);
          trace.text.push(`${models.names[at]}<br>${kept[axis].title} ${Number(values[axis]?.toPrecision(4))}`);
        }
        trace.x.push(null);
        trace.y.push(null);
        trace.text.push(null);
      }
    });
    return {
      type: "scatter",
      mode: crowd ? "lines" : "lines+markers",
      name: group,
      ...trace,
      hovertemplate: "%{text}<extra></extra>",
      line: { color: palette.series[k % palette.series.length], width: crowd ? 1 : 2 },
      marker: { size: 6 },
      opacity: crowd ? 0.25 : 0.9,
    };
  });
  return {
    data: lines,
    layout: {
      title: {
        text: "Every axis has its better end on top",
        font: { size: 13 },
        x: 0,
        xref: "paper",
      },
      height: heightWithLegend(540, groups.length),
      margin: { l: 40, r: 40, t: 66, b: 12 },
      showlegend: true,
      legend: LEGEND_BELOW,
      hovermode: "closest",
      xaxis: {
        tickvals: axes.map((_, at) => at),
        ticktext: kept.map(({ title, unit }) => title + (unit ? ` [${unit}]` : "")),
        range: [-0.35, axes.length - 0.65],
        showgrid: false,
        zeroline: false,
        tickangle: 60,
        automargin: true,
        title: { text: "metric", standoff: 6 },
      },
      yaxis: { visible: false, range: [many ? -0.28 : -0.09, 1.09], title: { text: "" } },
      shapes: axes.map((_, at) => ({
        type: "line",
        x0: at,
        x1: at,
        y0: 0,
        y1: 1,
        line: { color: palette.line, width: 1 },
        layer: "below",
      })),
      annotations: axes.flatMap((axis, at) =>
        [axis.low, axis.high].map((end) => ({
          x: at,
          y: axis.at(end),
          text: String(Number(end.toPrecision(3))),
          showarrow: false,
          textangle: many ? -60 : 0,
          yshift: (axis.at(end) > 0.5 ? 1 : -1) * (many ? 16 : 9),
          font: { size: 10, color: palette.soft },
        })),
      ),
    },
  };
}

/**
 * @typedef {{name: string, title: string, higherIsBetter: boolean}} Axis
 * @typedef {Axis & {low: number, high: number, ticks: number[], at: (value: number) => number}} ScaledAxis
 *   at: height in [0, 1], 1 is the better end
 */

/**
 * A step of 1, 2 or 5 times a power of ten that cuts `span` into about `count` parts.
 *
 * @param {number} span
 * @param {number} count
 * @returns {number}
 */
export function niceStep(span, count) {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const fraction = raw / power;
  return power * (fraction < 1.5 ? 1 : fraction < 3.5 ? 2 : fraction < 7.5 ? 5 : 10);
}

/**
 * @param {Axis} axis
 * @param {(number | null | undefined)[]} values
 * @returns {ScaledAxis | null} null where no model has a value
 */
export function scaleAxis(axis, values) {
  const finite = /** @type {number[]} */ (
    values.filter((value) => typeof value === "number" && Number.isFinite(value))
  );
  if (!finite.length) return null;
  let [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (high - low < 1e-9) {
    const pad = Math.abs(high) * 0.05 || 0.5;
    [low, high] = [low - pad, high + pad];
  }
  const step = niceStep(high - low, 4);
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.ceil(high / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) =>
    Number((low + index * step).toPrecision(12)),
  );
  const at = (/** @type {number} */ value) => {
    const share = (value - low) / (high - low);
    return axis.higherIsBetter ? share : 1 - share;
  };
  return { ...axis, low, high, ticks, at };
}

/**
 * Lines of one model across the axes, broken where a value is missing.
 *
 * @param {ScaledAxis[]} axes
 * @param {(number | null | undefined)[]} values one an axis
 * @returns {{axis: number, height: number}[][]} runs of joined points
 */
export function polylines(axes, values) {
  /** @type {{axis: number, height: number}[][]} */
  const runs = [];
  let open = false;
  axes.forEach((axis, index) => {
    const value = values[index];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      open = false;
      return;
    }
    if (!open) runs.push([]);
    runs[runs.length - 1].push({ axis: index, height: axis.at(value) });
    open = true;
  });
  return runs;
}
