/** Which latents move when one factor moves and the others stay. Pure. */

/**
 * Image indices of all values of every factor, around one combination, on a complete grid.
 *
 * @param {readonly number[]} classes the combination
 * @param {readonly number[]} sizes
 * @returns {number[][]} one list a factor, in order of its values
 */
export function sweepIndices(classes, sizes) {
  const strides = sizes.map((_, factor) => sizes.slice(factor + 1).reduce((product, size) => product * size, 1));
  const base = classes.reduce((sum, value, factor) => sum + value * strides[factor], 0);
  return sizes.map((size, factor) =>
    Array.from({ length: size }, (_, value) => base + (value - classes[factor]) * strides[factor]),
  );
}

/**
 * Standard deviation of each posterior mean over the values of a factor, in units of its deviation over the data set.
 *
 * @param {number[][]} codes posterior means, one row a value of the factor
 * @param {number[]} spread standard deviation of each latent over the data set
 * @returns {number[]} 0: does not move; about 1: moves as much as over the whole data set
 */
export function movement(codes, spread) {
  return spread.map((scale, latent) => {
    if (!codes.length || !(scale > 1e-6)) return 0;
    const values = codes.map((row) => row[latent]);
    const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length;
    return Math.sqrt(variance) / scale;
  });
}
