/** Runs of one configuration that differ only in their seed belong together. */

/**
 * @typedef {object} Run
 * @property {string} id
 * @property {string | null} [dataset]
 * @property {string | null} [objective]
 * @property {string | null} [architecture]
 * @property {number} [latents]
 * @property {Record<string, unknown>} [dataset_settings]
 * @property {Record<string, unknown>} [objective_settings]
 * @property {Record<string, unknown>} [training] steps, batch size, learning rate, seed
 */

/**
 * @param {unknown} value
 * @returns {string} JSON with sorted keys, so that equal content gives equal text
 */
function canonical(value) {
  return JSON.stringify(value ?? null, (_, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * @param {Run} run
 * @returns {string} equal for runs that differ in nothing but the seed
 */
export function configurationKey(run) {
  const { seed: _seed, ...training } = run.training ?? {};
  return canonical([
    run.dataset,
    run.dataset_settings,
    run.objective,
    run.objective_settings,
    run.architecture,
    run.latents,
    training,
  ]);
}

/**
 * @template {Run} R
 * @param {R[]} runs
 * @returns {R[][]} groups in order of first appearance
 */
export function foldSeeds(runs) {
  /** @type {Map<string, R[]>} */
  const groups = new Map();
  for (const run of runs) {
    const key = configurationKey(run);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}
