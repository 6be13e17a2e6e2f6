/** Metric results of the model, read once and shared by the panels. */

import { getJson } from "../core/api.js";

/** @typedef {import("../types").MetricRow} MetricRow */

/** What the images of a row are called that is not in the tables of models. @type {Record<string, string>} */
export const IMAGES = { training: "training distribution", held_out_combinations: "held-out combinations" };

/** @type {WeakMap<object, Promise<MetricRow[]>>} */
const known = new WeakMap();

/**
 * @param {import("./session.js").Session} session
 * @param {boolean} [again] read again
 * @returns {Promise<MetricRow[]>}
 */
export function metricRows(session, again = false) {
  let rows = known.get(session);
  if (!rows || again) {
    rows = getJson("/metrics", { query: { model: session.model.id, details: true } }).then((table) => table.items);
    known.set(session, rows);
    rows.catch(() => known.delete(session));
  }
  return rows;
}

/**
 * Return the newest ready result of one metric, or null.
 * @param {import("./session.js").Session} session
 * @param {string} metric
 */
export async function metricRow(session, metric) {
  const rows = await metricRows(session);
  const ready = rows.filter(
    (row) => row.metric === metric && row.state === "ready" && row.value !== null && !IMAGES[row.images],
  );
  return ready.find((row) => row.mode === "corrected") ?? ready[0] ?? null;
}

/**
 * Write the largest DCI importance of each latent to the state, for the order of the rows.
 * @param {import("./session.js").Session} session
 * @returns {Promise<boolean>} false where DCI has not been computed
 */
export async function loadImportance(session) {
  const importance = /** @type {number[][] | undefined} */ ((await metricRow(session, "dci"))?.details?.importance);
  if (importance) session.store.set({ importance: importance.map((row) => Math.max(...row)) });
  return Boolean(importance);
}
