/** Keys on the slider of a latent, and play. */

import { rangeOf } from "../../math/latents.js";

const STEPS_PER_RANGE = 100;
const SECONDS_PER_SWEEP = 3;

/**
 * Run a key on a slider: arrows one step, with Shift ten, Home and End, 0 the mean, R the encoded value, F the strip,
 * P play.
 * @param {KeyboardEvent} event
 * @param {import("../session.js").Session} session
 * @param {number} index
 * @param {[number, number]} ends
 * @param {(by: number) => void} onMove move the row up (-1) or down (1)
 */
export function onRowKey(event, session, index, [low, high], onMove) {
  if (event.ctrlKey || event.metaKey) return;
  const { store } = session;
  const value = store.get().z[index];
  const step = ((high - low) / STEPS_PER_RANGE) * (event.shiftKey ? 10 : 1);
  if (event.altKey) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    onMove(by);
    /** @type {HTMLElement} */ (event.currentTarget).focus();
    return;
  }
  /** @type {Record<string, () => number>} */
  const moves = {
    ArrowRight: () => value + step,
    ArrowUp: () => value + step,
    ArrowLeft: () => value - step,
    ArrowDown: () => value - step,
    PageUp: () => value + 10 * step,
    PageDown: () => value - 10 * step,
    Home: () => low,
    End: () => high,
    0: () => session.mean[index],
    r: () => store.get().encoded[index],
  };
  const move = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (move) {
    event.preventDefault();
    const bounded =
      event.key === "0" || event.key.toLowerCase() === "r" ? move() : Math.min(high, Math.max(low, move()));
    session.setLatent(index, bounded);
    if (!event.repeat) session.commit();
    return;
  }
  const key = event.key.toLowerCase();
  if (key === "f") {
    const { strips } = store.get();
    store.set({ strips: strips.includes(index) ? strips.filter((i) => i !== index) : [...strips, index] });
  } else if (key === "p") togglePlay(session, index);
  else return;
  event.preventDefault();
}

/**
 * Start or stop play: the latent swings between the ends of its range.
 * @param {import("../session.js").Session} session
 * @param {number} index
 */
export function togglePlay(session, index) {
  const { store, model } = session;
  if (store.get().playing === index) {
    store.set({ playing: null });
    session.commit();
    return;
  }
  store.set({ playing: index, focus: index });
  const [low, high] = rangeOf(store.get().range, model.statistics[index], store.get().encoded[index]);
  const began = store.get().z[index];
  const phase = Math.asin(Math.min(1, Math.max(-1, (2 * (began - low)) / (high - low) - 1)));
  const start = performance.now();

  /** @param {number} now */
  function frame(now) {
    if (store.get().playing !== index) return;
    const angle = phase + ((now - start) / 1000 / SECONDS_PER_SWEEP) * Math.PI;
    session.setLatent(index, low + ((high - low) * (1 + Math.sin(angle))) / 2);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
}
