/** Random numbers with a seed, so that a link reproduces a random choice. */

/**
 * Return a generator of uniform numbers in [0, 1) (mulberry32).
 * @param {number} seed
 * @returns {() => number}
 */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Return a sample of N(0, I), by Box and Muller.
 * @param {number} size
 * @param {number} seed
 * @returns {number[]}
 */
export function normal(size, seed) {
  const next = uniform(seed);
  return Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

/** Return a random seed below a million, short enough for a link. */
export const freshSeed = () => Math.floor(Math.random() * 1e6);
