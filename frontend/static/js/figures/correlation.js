/** Correlation of metrics over models, as a heat map on a scale fixed to [-1, 1]. */

const CELL_PIXELS = 26; // room for a number
const FRAME_PIXELS = 260; // names of metrics and colour bar

/**
 * @param {{title: string, values: (number | null)[]}[]} columns metrics over the same models
 * @param {"spearman" | "pearson"} kind
 * @param {import("../types").Palette} palette
 * @returns {import("../types").Figure}
 */
export function correlationFigure(columns, kind, palette) {
  const titles = columns.map(({ title }) => title);
  const { value, n } = correlate(
    columns.map(({ values }) => values),
    kind,
  );
  const word = kind === "spearman" ? "rank correlation (Spearman)" : "correlation (Pearson)";
  return {
    data: [
      {
        type: "heatmap",
        z: value,
        x: titles,
        y: titles,
        customdata: n,
        text: value.map((row) => row.map((one) => (one === null ? "" : one.toFixed(2).replace(/^(-?)0\./, "$1.")))),
        texttemplate: "%{text}",
        textfont: { size: 11 },
        hovertemplate: "%{y}<br>%{x}<br>%{z:.3f} over %{customdata} models<extra></extra>",
        zmin: -1,
        zmax: 1,
        colorscale: palette.diverging,
        xgap: 2,
        ygap: 2,
        colorbar: {
          title: { text: "correlation", side: "right" },
          thickness: 10,
          outlinewidth: 0,
          tickvals: [-1, -0.5, 0, 0.5, 1],
        },
      },
    ],
    layout: {
      title: { text: `Metrics against each other: ${word}`, font: { size: 13 }, x: 0, xref: "paper" },
      margin: { l: 12, r: 10, t: 40, b: 12 },
      height: Math.max(360, 40 * titles.length + 160),
      meta: { minWidth: CELL_PIXELS * titles.length + FRAME_PIXELS },
      xaxis: { title: { text: "metric", standoff: 8 }, tickangle: -60, automargin: true, showgrid: false },
      yaxis: { title: { text: "" }, autorange: "reversed", automargin: true, showgrid: false },
    },
  };
}

/**
 * @param {number[]} a
 * @param {number[]} b
 * @returns {number | null} null for fewer than three pairs or a constant column
 */
export function pearson(a, b) {
  const n = a.length;
  if (n < 3) return null;
  const meanA = a.reduce((sum, value) => sum + value, 0) / n;
  const meanB = b.reduce((sum, value) => sum + value, 0) / n;
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let row = 0; row < n; row += 1) {
    product += (a[row] - meanA) * (b[row] - meanB);
    squareA += (a[row] - meanA) ** 2;
    squareB += (b[row] - meanB) ** 2;
  }
  const scale = Math.sqrt(squareA * squareB);
  return scale > 1e-12 ? Math.max(-1, Math.min(1, product / scale)) : null;
}

/**
 * Ranks from one, ties sharing their mean rank.
 *
 * @param {number[]} values
 * @returns {number[]}
 */
export function ranks(values) {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const result = new Array(values.length);
  for (let first = 0; first < order.length;) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]] === values[order[first]]) last += 1;
    for (let at = first; at <= last; at += 1) result[order[at]] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return result;
}

/**
 * Correlate columns that may have gaps: each pair by the rows in which both have a value.
 * @param {(number | null | undefined)[][]} columns one array of equal length per column
 * @param {"pearson" | "spearman"} kind
 * @returns {{value: (number | null)[][], n: number[][]}} matrices over the columns
 */
export function correlate(columns, kind) {
  const value = columns.map(() => /** @type {(number | null)[]} */ (new Array(columns.length).fill(null)));
  const n = columns.map(() => /** @type {number[]} */ (new Array(columns.length).fill(0)));
  for (let i = 0; i < columns.length; i += 1) {
    for (let j = i; j < columns.length; j += 1) {
      /** @type {number[]} */
      let a = [];
      /** @type {number[]} */
      let b = [];
      columns[i].forEach((left, row) => {
        const right = columns[j][row];
        if (typeof left === "number" && typeof right === "number" && Number.isFinite(left) && Number.isFinite(right)) {
          a.push(left);
          b.push(right);
        }
      });
      if (kind === "spearman") [a, b] = [ranks(a), ranks(b)];
      value[i][j] = value[j][i] = pearson(a, b);
      n[i][j] = n[j][i] = a.length;
    }
  }
  return { value, n };
}
