/** Repeated requests: one at a time, none in a hidden tab, rarer after failures. */

const MAX_PAUSE_MILLISECONDS = 60_000;

/**
 * @typedef {object} Poll
 * @property {() => Promise<void>} now Call at once; during a call, call once more after it. Resolves after that call.
 * @property {() => void} stop Abort the call that is under way and make no other.
 */

/**
 * Call `fn` now, and again `every` milliseconds after the end of each call.
 *
 * @param {(signal: AbortSignal) => Promise<number | null | void>} fn resolves to the milliseconds until the next call,
 *   to null for none before `now()`, or to nothing for `every`; `stop` aborts its signal
 * @param {number} every milliseconds
 * @param {(error: unknown, failures: number) => void} [onError] called after each failure with the number of failures
 *   in a row, from 1; the pause doubles with each, up to a minute
 * @returns {Poll}
 */
export function poll(fn, every, onError = () => {}) {
  const controller = new AbortController();
  const { signal } = controller;
  let timer = 0;
  let failures = 0;
  let due = false; // the time came while the tab was hidden
  /** @type {Promise<void> | null} */
  let running = null;
  /** @type {Promise<void> | null} */
  let following = null;

  async function call() {
    /** @type {number | null} */
    let pause;
    try {
      const answer = await fn(signal);
      pause = answer === undefined ? every : answer;
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      pause = Math.max(every, Math.min(MAX_PAUSE_MILLISECONDS, every * 2 ** failures));
      onError(error, failures);
    }
    if (!signal.aborted && pause !== null)
      timer = window.setTimeout(() => (document.hidden ? (due = true) : run()), pause);
  }
  /** @returns {Promise<void>} */
  function run() {
    if (signal.aborted) return Promise.resolve();
    clearTimeout(timer);
    due = false;
    running = call().finally(() => (running = null));
    return running;
  }
  function now() {
    if (!running) return run();
    following ??= running.then(() => {
      following = null;
      return run();
    });
    return following;
  }
  const onVisible = () => !document.hidden && due && run();
  document.addEventListener("visibilitychange", onVisible);
  run();
  return {
    now,
    stop() {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}
