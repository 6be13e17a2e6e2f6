/** Parallel coordinates: one axis a metric, better end on top, one line a model. */

import { polylines, scaleAxis } from "../math/parallel.js";

/**
 * @param {{name: string, title: string, unit?: string, higher_is_better: boolean, values: (number | null)[]}[]} columns
 * @param {{names: string[], groups: string[]}} models
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function parallelFigure(columns, models, palette) {
  /** @type {import("../math/parallel.js").ScaledAxis[]} */
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
        text: "Parallel coordinates: every axis has its better end on top",
        font: { size: 13 },
        x: 0,
        xref: "paper",
      },
      height: 480,
      margin: { l: 40, r: 40, t: 66, b: 150 },
      showlegend: true,
      legend: { orientation: "h", y: -0.42, yanchor: "top" },
      hovermode: "closest",
      xaxis: {
        tickvals: axes.map((_, at) => at),
        ticktext: kept.map(({ title, unit }) => wrap(title + (unit ? ` [${unit}]` : ""))),
        range: [-0.35, axes.length - 0.65],
        showgrid: false,
        zeroline: false,
        tickangle: 40,
        automargin: true,
        title: { text: "metric", standoff: 6 },
      },
      yaxis: { visible: false, range: [-0.09, 1.09], title: { text: "" } },
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
          yshift: axis.at(end) > 0.5 ? 9 : -9,
          font: { size: 10, color: palette.soft },
        })),
      ),
    },
  };
}

/**
 * Two lines where a title is long.
 * @param {string} title
 */
function wrap(title) {
  if (title.length < 14) return title;
  const middle = title.length / 2;
  const spaces = [...title.matchAll(/ /g)].map(({ index }) => index);
  if (!spaces.length) return title;
  const cut = spaces.reduce((best, at) => (Math.abs(at - middle) < Math.abs(best - middle) ? at : best));
  return `${title.slice(0, cut)}<br>${title.slice(cut + 1)}`;
}
