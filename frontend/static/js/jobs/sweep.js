/** Progress of a sweep as a matrix of its runs: the last axis across, all others down. */

import { labelOf, thousands } from "../core/format.js";
import { html } from "../core/html.js";

/**
 * @typedef {import("../types").Sweep} Sweep
 * @typedef {import("../types").SweepCell} SweepCell
 */

const MAX_ROWS = 400;

/**
 * @param {Sweep} sweep
 * @param {SweepCell[]} cells
 */
export function progressMatrix({ axes, total }, cells) {
  const across = axes[axes.length - 1] ?? { name: "run", values: ["run"] };
  const width = across.values.length;
  const height = Math.max(1, Math.round(total / width));
  const at = new Map(cells.map((cell) => [cell.position, cell]));
  const row = (/** @type {number} */ number) =>
    html`<tr>
      <th scope="row">${rowLabel(axes.slice(0, -1), number)}</th>
      ${across.values.map((_, column) => matrixCell(at.get(number * width + column)))}
    </tr>`;
  return html`<section class="card" aria-label="Progress">
    <div class="bar">
      <h2>Progress</h2>
      <span class="soft">across: ${shortLabel(across.name)}</span>
    </div>
    <div class="matrix">
      <table aria-label="State of each run">
        <thead>
          <tr>
            <td></td>
            ${across.values.map((value) => html`<th scope="col">${String(value)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${Array.from({ length: Math.min(height, MAX_ROWS) }, (_, number) => row(number))}
        </tbody>
      </table>
      ${height > MAX_ROWS ? html`<p class="soft">${MAX_ROWS} of ${thousands(height)} rows are shown.</p>` : ""}
    </div>
  </section>`;
}

/** "objective_settings.beta" -> "beta". @param {string} name */
const shortLabel = (name) => labelOf(name.split(".").pop() ?? name);

/**
 * Index on each axis of a position; the last axis varies fastest.
 * @param {Sweep["axes"]} axes
 * @param {number} position
 */
export function indicesAt(axes, position) {
  let rest = position;
  return axes
    .toReversed()
    .map(({ values }) => {
      const index = rest % values.length;
      rest = Math.floor(rest / values.length);
      return index;
    })
    .toReversed();
}

/**
 * @param {Sweep["axes"]} axes
 * @param {number} row
 */
function rowLabel(axes, row) {
  const indices = indicesAt(axes, row);
  return axes.map(({ name, values }, k) => `${shortLabel(name)} ${values[indices[k]]}`).join(", ") || "all";
}

/** @param {SweepCell | undefined} cell */
function matrixCell(cell) {
  if (!cell) return html`<td><span title="not in the queue yet">–</span></td>`;
  const { job, text, state, title } = cellState(cell);
  return html`<td class=${state}><a href="/jobs?job=${job}" title=${title}>${text}</a></td>`;
}

/**
 * State of a run and its evaluation, and the job that has the details.
 * @param {SweepCell} cell
 * @returns {{job: string, text: string, state: string, title: string}}
 */
export function cellState({ job, state, step, steps, error, evaluation }) {
  const title = error ?? `job ${job}: ${state}`;
  if (state === "running") return { job, state, title, text: `${steps ? Math.round((100 * step) / steps) : 0} %` };
  if (state !== "succeeded") return { job, state, title, text: state };
  if (!evaluation || evaluation.state === "succeeded") return { job, state, title, text: "done" };
  const of = {
    job: evaluation.job,
    title: `evaluation, job ${evaluation.job}: ${evaluation.error ?? evaluation.state}`,
  };
  if (evaluation.state === "failed") return { ...of, state: "failed", text: "no scores" };
  if (evaluation.state === "cancelled") return { ...of, state: "cancelled", text: "not scored" };
  return { ...of, state: "running", text: "evaluating" };
}

/**
 * Text while there is no score.
 * @param {SweepCell[]} trained
 */
export function noScoresText(trained) {
  if (!trained.length) return "Scores appear here when the first run is trained and evaluated.";
  const open = trained.filter(({ evaluation }) => ["queued", "running"].includes(evaluation?.state ?? "")).length;
  const runs = (/** @type {number} */ n) => `${n} ${n === 1 ? "trained run" : "trained runs"}`;
  if (open) return `Evaluating ${runs(open)}: scores appear here when the first evaluation has ended.`;
  if (trained.some(({ evaluation }) => evaluation))
    return `No scores: the evaluations of ${runs(trained.length)} failed or were cancelled. The cells above lead to them.`;
  return "This sweep was queued without evaluations: compute scores on the pages of the models.";
}
