/**
 * The points no other point beats: at least as good on both axes and better on one.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {"low" | "high"} Better which end of an axis is better
 */

/**
 * @param {Point[]} points
 * @param {{x: Better, y: Better}} better
 * @returns {number[]} indices of the front, in order of x from best to worst
 */
export function paretoFront(points, better) {
  const signX = better.x === "low" ? 1 : -1;
  const signY = better.y === "low" ? 1 : -1;
  const order = points
    .map((_, index) => index)
    .filter((index) => Number.isFinite(points[index].x) && Number.isFinite(points[index].y))
    .sort((a, b) => signX * (points[a].x - points[b].x) || signY * (points[a].y - points[b].y));
  /** @type {number[]} */
  const front = [];
  let bestY = Infinity;
  let bestX = NaN;
  for (const index of order) {
    const y = signY * points[index].y;
    if (y < bestY || (y === bestY && points[index].x === bestX)) {
      front.push(index);
      bestY = y;
      bestX = points[index].x;
    }
  }
  return front;
}
