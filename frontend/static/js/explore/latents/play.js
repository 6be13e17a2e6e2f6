/** Play: the latent swings between the ends of its range until it is stopped. */

import { rangeOf } from "../../math/latents.js";

const SECONDS_PER_SWEEP = 3;

/**
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
