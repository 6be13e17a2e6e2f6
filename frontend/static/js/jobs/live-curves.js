/** Events of a job, collected into curves. */

import { withQuery } from "../core/api.js";

/**
 * @typedef {object} Curves
 * @property {number[]} step
 * @property {Record<string, (number | null)[]>} parts of the loss, nats per image
 * @property {number[][]} kl per latent, one list a row
 */

/** @returns {Curves} */
export const emptyCurves = () => ({ step: [], parts: {}, kl: [] });

/**
 * Add one row. A resumed run repeats the steps after its checkpoint: their old rows are removed.
 * @param {Curves} curves
 * @param {import("../types").Progress} row
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
 * Return whether a row repeats the newest one, as a run does between two rows of its history.
 * @param {Curves} curves
 * @param {import("../types").Progress} row
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

const KINDS = [
  "queued",
  "leased",
  "running",
  "checkpoint",
  "requeued",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
];
const RETRY_MILLISECONDS = 2000;
const MAX_RETRY_MILLISECONDS = 60_000;

/**
 * Follow the events of a job, from its beginning.
 *
 * A browser reopens an interrupted stream, but not a refused one (a limit, a service that starts): this function
 * reopens it after the newest event, with a pause that doubles.
 *
 * @param {string} id
 * @param {object} listener
 * @param {(row: any) => void} listener.onRow
 * @param {(kind: string, data: any) => void} [listener.onChange]
 * @param {() => void} listener.onDone
 * @param {(interrupted: boolean) => void} [listener.onInterrupted] called when the stream is interrupted, and when it continues
 * @returns {() => void} stop
 */
export function followEvents(id, { onRow, onChange, onDone, onInterrupted }) {
  /** @type {EventSource} */
  let source;
  let timer = 0;
  let refused = 0;
  let newest = 0;
  let interrupted = false;
  /** @param {boolean} now */
  function setInterrupted(now) {
    if (interrupted === now) return;
    interrupted = now;
    onInterrupted?.(now);
  }
  function open() {
    source = new EventSource(withQuery(`/api/v1/jobs/${encodeURIComponent(id)}/events`, { after: newest || null }));
    const read = (/** @type {Event} */ event) => {
      const data = JSON.parse(/** @type {MessageEvent} */ (event).data);
      newest = Math.max(newest, data.seq ?? 0);
      refused = 0;
      setInterrupted(false);
      return data;
    };
    source.addEventListener("progress", (event) => onRow(read(event)));
    for (const kind of KINDS) source.addEventListener(kind, (event) => onChange?.(kind, read(event)));
    source.addEventListener("done", () => {
      source.close();
      onDone();
    });
    source.addEventListener("open", () => setInterrupted(false));
    source.addEventListener("error", () => {
      setInterrupted(true);
      if (source.readyState !== EventSource.CLOSED) return;
      refused += 1;
      timer = window.setTimeout(open, Math.min(MAX_RETRY_MILLISECONDS, RETRY_MILLISECONDS * 2 ** refused));
    });
  }
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
