/**
 * Links of latents between models: a handle moves one latent of each compared model.
 *
 * A handle has a position in [-1, 1]: 0 is the mean of the latent, -1 and 1 are the ends of its data range, exchanged
 * where the sign is -1.
 */

/**
 * @typedef {object} Latent
 * @property {number} mean
 * @property {number[]} quantiles at 0.5, 5, 25, 50, 75, 95 and 99.5 %
 * @property {string} state
 * @property {number | null} kl_nats
 * @property {Record<string, number>} correlations signed Pearson per factor
 *
 * @typedef {{latent: number, sign: 1 | -1, strength: number | null}} Target
 *   strength: absolute correlation that justifies the link, null for none
 * @typedef {{label: string, targets: (Target | null)[]}} Handle one target per model, null where it has none
 */

/**
 * Make one handle for each factor: it moves, in each model, the latent that is assigned to the factor.
 *
 * @param {Latent[][]} models
 * @param {string[]} factors
 * @returns {Handle[]}
 */
export function linkByFactor(models, factors) {
  const targets = models.map((latents) => {
    const known = factors.filter((factor) => latents.some((latent) => factor in latent.correlations));
    const signed = known.map((factor) => latents.map((latent) => latent.correlations[factor] ?? 0));
    const chosen = assign(
      signed.map((row) => row.map((value, latent) => (dead(latents[latent]) ? 0 : Math.abs(value)))),
    );
    return factors.map((factor) => {
      const row = known.indexOf(factor);
      const latent = row < 0 ? -1 : chosen[row];
      return latent < 0 || dead(latents[latent]) ? null : target(latent, signed[row][latent]);
    });
  });
  return factors.map((label, factor) => ({ label, targets: targets.map((ofModel) => ofModel[factor]) }));
}

/** Return whether a latent is dead: it changes no picture, so its correlations mean nothing. @param {Latent} latent */
const dead = ({ state }) => state === "dead";

/**
 * @param {number} latent
 * @param {number} correlation signed
 * @returns {Target}
 */
function target(latent, correlation) {
  return { latent, sign: correlation < 0 ? -1 : 1, strength: Math.abs(correlation) };
}

/**
 * Make one handle for each latent of the first model, matched by the correlation of codes on the same images.
 *
 * @typedef {{latent: number, matched: number | null, sign: number, correlation: number}} Match
 * @param {Latent[][]} models
 * @param {Match[][]} matches for the models after the first
 * @returns {Handle[]}
 */
export function linkByMatch(models, matches) {
  return models[0].map((_, latent) => ({
    label: `z${latent}`,
    targets: [
      { latent, sign: 1, strength: 1 },
      ...matches.map((ofModel) => {
        const match = ofModel.find((candidate) => candidate.latent === latent);
        if (!match || match.matched === null) return null;
        return target(match.matched, Math.abs(match.correlation) * (match.sign < 0 ? -1 : 1));
      }),
    ],
  }));
}

/**
 * Make one handle for each index: it moves the latent of this index in each model.
 *
 * @param {Latent[][]} models
 * @returns {Handle[]}
 */
export function linkByIndex(models) {
  const longest = Math.max(0, ...models.map((latents) => latents.length));
  return Array.from({ length: longest }, (_, latent) => ({
    label: `z${latent}`,
    targets: models.map((latents) => (latent < latents.length ? { latent, sign: 1, strength: null } : null)),
  }));
}

/**
 * @param {Latent} latent
 * @returns {{low: number, high: number}} the 0.5 and 99.5 % quantiles, widened where the latent does not move
 */
function dataRange(latent) {
  const low = latent.quantiles[0];
  const high = latent.quantiles[latent.quantiles.length - 1];
  return high - low > 1e-3 ? { low, high } : { low: latent.mean - 2, high: latent.mean + 2 };
}

/**
 * @param {number} position in [-1, 1]
 * @param {Latent} latent
 * @param {1 | -1} sign
 * @returns {number} the value of the latent
 */
export function toValue(position, latent, sign) {
  const { low, high } = dataRange(latent);
  const signed = position * sign;
  return signed < 0 ? latent.mean + signed * (latent.mean - low) : latent.mean + signed * (high - latent.mean);
}

/**
 * Return the position of a value: the inverse of `toValue`, clipped to [-1, 1].
 *
 * @param {number} value
 * @param {Latent} latent
 * @param {1 | -1} sign
 * @returns {number}
 */
export function toPosition(value, latent, sign) {
  const { low, high } = dataRange(latent);
  const signed =
    value < latent.mean ? (value - latent.mean) / (latent.mean - low) : (value - latent.mean) / (high - latent.mean);
  return Math.max(-1, Math.min(1, signed)) * sign || 0;
}

/**
 * Pair rows with columns one to one so that the sum of the chosen weights is largest: the Hungarian method (Kuhn 1955)
 * by shortest augmenting paths (Jonker and Volgenant 1987), O(rows^2 columns).
 * @param {number[][]} weights rows x columns, not negative
 * @returns {number[]} the column of each row, -1 where there are more rows than columns
 */
export function assign(weights) {
  const rows = weights.length;
  const given = weights[0]?.length ?? 0;
  const columns = Math.max(rows, given);
  const cost = (/** @type {number} */ row, /** @type {number} */ column) =>
    column <= given ? -weights[row - 1][column - 1] : 1; // a column that does not exist costs more than any that does
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1); // rows and columns count from 1; 0: none
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
        const reduced = cost(current, other) - rowPrice[current] - columnPrice[other];
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
  return weights.map((_, row) => {
    const column = rowOf.indexOf(row + 1, 1) - 1;
    return column < given ? column : -1;
  });
}
