/** Correlation between columns that may have gaps: each pair uses the rows where both have a value. */

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
