/** Scores of the compared models, alone or folded over the seeds of their configurations. */

import { getJson } from "../core/api.js";
import { deviation, mean } from "../math/summary.js";

/**
 * @typedef {import("../types").MetricColumn} MetricColumn
 * @typedef {import("../types").ScoreCell} ScoreCell
 * @typedef {import("../types").ScoreMatrix} ScoreMatrix
 * @typedef {object} Evidence
 * @property {MetricColumn[]} metrics
 * @property {Record<string, ScoreCell>[]} cells of each compared model
 * @property {string[][]} seeds ids of the models behind each column
 * @property {ScoreMatrix} matrix all models of the same data sets
 */

/**
 * @param {string[]} ids
 * @param {(string | null)[]} datasets of each model
 * @param {boolean} fold join a model with the other seeds of its configuration, unless these stand beside it
 * @param {AbortSignal} [signal]
 * @returns {Promise<Evidence>}
 */
export async function readEvidence(ids, datasets, fold, signal) {
  const only = new Set(datasets).size === 1 ? datasets[0] : null;
  const [table, matrix] = await Promise.all([
    getJson("/api/v1/scores", { query: { model: ids.join(","), limit: ids.length }, signal }),
    getJson("/api/v1/scores/matrix", { query: { dataset: only }, signal }),
  ]);
  const configuration = (/** @type {string} */ id) => matrix.configurations[matrix.ids.indexOf(id)];
  const alone = (/** @type {string} */ id) =>
    ids.every((other) => other === id || configuration(other) !== configuration(id));
  const seeds = ids.map((id) => (fold && alone(id) ? siblings(matrix, id) : [id]));
  const rows = new Map(table.rows.map((/** @type {any} */ row) => [row.id, row.cells]));
  const cells = ids.map((id, at) => (seeds[at].length > 1 ? folded(matrix, seeds[at]) : (rows.get(id) ?? {})));
  return { metrics: table.metrics, cells, seeds, matrix };
}

/**
 * Models of the same configuration, the model itself first.
 * @param {ScoreMatrix} matrix
 * @param {string} id
 */
function siblings(matrix, id) {
  const configuration = matrix.configurations[matrix.ids.indexOf(id)];
  const others = matrix.ids.filter(
    (other, at) => other !== id && configuration && matrix.configurations[at] === configuration,
  );
  return [id, ...others];
}

/**
 * Mean over seeds, with one standard deviation to both sides as interval.
 * @param {ScoreMatrix} matrix
 * @param {string[]} ids
 */
function folded(matrix, ids) {
  const places = ids.map((id) => matrix.ids.indexOf(id));
  /** @type {Record<string, ScoreCell>} */
  const cells = {};
  for (const [metric, column] of Object.entries(matrix.columns)) {
    const values = /** @type {number[]} */ (places.map((at) => column[at]).filter((value) => value !== null));
    if (!values.length) continue;
    const score = mean(values);
    const std = values.length > 1 ? deviation(values) : undefined;
    cells[metric] = { score, state: "ready", models: values.length, std };
    if (std !== undefined) cells[metric].interval = [score - std, score + std];
  }
  return cells;
}
