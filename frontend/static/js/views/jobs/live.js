/** What a job tells while it runs: its events gathered into curves. */

/**
 * @typedef {object} Curves
 * @property {number[]} step
 * @property {Record<string, (number | null)[]>} parts of the loss, nats per image
 * @property {number[][]} kl per latent, one list a row
 */

/** @returns {Curves} */
export const emptyCurves = () => ({ step: [], parts: {}, kl: [] });

/**
 * Add one row; a resumed run repeats steps after its checkpoint, whose old rows go.
 * @param {Curves} curves
 * @param {{step: number, parts?: Record<string, number>, kl?: number[]}} row
 */
export function addRow(curves, row) {
  if ((!row.parts && !row.kl) || repeats(curves, row)) return;
  while (curves.step.length && curves.step[curves.step.length - 1] >= row.step) {
    curves.step.pop();
    curves.kl.pop();
    for (const part of Object.values(curves.parts)) part.pop();
  }
  curves.step.push(row.step);
  curves.kl.push(row.kl ?? []);
  for (const name of Object.keys(row.parts ?? {})) curves.parts[name] ??= new Array(curves.step.length - 1).fill(null);
  for (const [name, part] of Object.entries(curves.parts)) part.push(row.parts?.[name] ?? null);
}

/**
 * Between two rows of its history a run repeats the newest one: that is no new point of the curves.
 * @param {Curves} curves
 * @param {{step: number, parts?: Record<string, number>, kl?: number[]}} row
 */
function repeats(curves, row) {
  const last = curves.step.length - 1;
  if (last < 0 || row.step <= curves.step[last]) return false;
  const parts = Object.entries(row.parts ?? {});
  const kl = row.kl ?? [];
  return (
    parts.every(([name, value]) => curves.parts[name]?.[last] === value) &&
    kl.every((value, k) => curves.kl[last][k] === value)
  );
}

/**
 * @param {string} id
 * @param {{onRow: (row: any) => void, onChange: (kind: string, data: any) => void, onDone: () => void}} listener
 * @returns {() => void} stop
 */
export function follow(id, { onRow, onChange, onDone }) {
  const source = new EventSource(`/api/v1/jobs/${encodeURIComponent(id)}/events`);
  const read = (/** @type {Event} */ event) => JSON.parse(/** @type {MessageEvent} */ (event).data);
  source.addEventListener("progress", (event) => onRow(read(event)));
  for (const kind of [
    "queued",
    "leased",
    "running",
    "checkpoint",
    "requeued",
    "cancelling",
    "succeeded",
    "failed",
    "cancelled",
  ]) {
    source.addEventListener(kind, (event) => onChange(kind, read(event)));
  }
  source.addEventListener("done", () => {
    source.close();
    onDone();
  });
  return () => source.close();
}
