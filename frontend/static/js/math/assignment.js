/**
 * Pairing rows with columns so that the sum of the chosen weights is largest: the Hungarian method
 * (Kuhn 1955) in the shortest-augmenting-path form of Jonker and Volgenant, O(rows^2 columns).
 */

/**
 * @param {number[][]} weights rows x columns, finite; any shape
 * @returns {number[]} the column of each row, -1 where there are more rows than columns
 */
export function assign(weights) {
  const rows = weights.length;
  const columns = rows ? weights[0].length : 0;
  if (rows === 0 || columns === 0) return new Array(rows).fill(-1);
  if (rows > columns) {
    const rowOfColumn = assign(transpose(weights));
    const columnOfRow = new Array(rows).fill(-1);
    rowOfColumn.forEach((row, column) => {
      columnOfRow[row] = column;
    });
    return columnOfRow;
  }
  return augment(weights, rows, columns);
}

/**
 * @param {number[][]} matrix
 * @returns {number[][]}
 */
export function transpose(matrix) {
  return matrix.length ? matrix[0].map((_, column) => matrix.map((row) => row[column])) : [];
}

/**
 * Needs rows <= columns. Index 0 is a sentinel, so rows and columns count from one inside.
 *
 * @param {number[][]} weights
 * @param {number} rows
 * @param {number} columns
 * @returns {number[]}
 */
function augment(weights, rows, columns) {
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row += 1) {
    const cameFrom = new Int32Array(columns + 1);
    const slack = new Float64Array(columns + 1).fill(Infinity);
    const done = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      done[column] = 1;
      const current = rowOf[column];
      let step = Infinity;
      let next = 0;
      for (let other = 1; other <= columns; other += 1) {
        if (done[other]) continue;
        const reduced = -weights[current - 1][other - 1] - rowPrice[current] - columnPrice[other];
        if (reduced < slack[other]) {
          slack[other] = reduced;
          cameFrom[other] = column;
        }
        if (slack[other] < step) {
          step = slack[other];
          next = other;
        }
      }
      for (let other = 0; other <= columns; other += 1) {
        if (done[other]) {
          rowPrice[rowOf[other]] += step;
          columnPrice[other] -= step;
        } else slack[other] -= step;
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      rowOf[column] = rowOf[cameFrom[column]];
      column = cameFrom[column];
    }
  }
  const result = new Array(rows).fill(-1);
  for (let column = 1; column <= columns; column += 1) if (rowOf[column]) result[rowOf[column] - 1] = column - 1;
  return result;
}
