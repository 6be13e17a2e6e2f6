/**
 * Clear winners among scores: the best one, if its interval overlaps no other.
 *
 * @typedef {{score: number | null, interval?: [number, number] | null}} Cell
 */

/**
 * @param {(Cell | null | undefined)[]} cells one metric over the shown models
 * @param {boolean} higherIsBetter
 * @returns {number} index of the clear winner, -1 where there is none
 */
export function clearlyBest(cells, higherIsBetter) {
  /** @type {{index: number, low: number, high: number, score: number}[]} */
  const spans = [];
  cells.forEach((cell, index) => {
    if (!cell || cell.score === null || !Number.isFinite(cell.score)) return;
    const [low, high] = cell.interval ?? [cell.score, cell.score];
    const sign = higherIsBetter ? 1 : -1;
    spans.push({
      index,
      score: sign * cell.score,
      low: Math.min(sign * low, sign * high),
      high: Math.max(sign * low, sign * high),
    });
  });
  if (spans.length < 2) return -1;
  spans.sort((a, b) => b.score - a.score);
  const [best, ...others] = spans;
  return others.every((other) => other.high < best.low) ? best.index : -1;
}

/**
 * Return the clear winners of one metric, one for each data set: scores of different data sets are not comparable, and
 * a model of an unknown data set is compared with no other.
 * @param {(Cell | null | undefined)[]} cells one metric over the shown models
 * @param {(string | null | undefined)[]} datasets of the same models
 * @param {boolean} higherIsBetter
 * @returns {Set<number>} indices of the winners
 */
export function clearWinners(cells, datasets, higherIsBetter) {
  const found = [...new Set(datasets)].filter(Boolean).map((dataset) =>
    clearlyBest(
      cells.map((cell, at) => (datasets[at] === dataset ? cell : null)),
      higherIsBetter,
    ),
  );
  return new Set(found.filter((index) => index >= 0));
}
