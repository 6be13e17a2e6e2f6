/** Work that waits until the sliders rest: a chart takes 50 ms and more to draw, which a drag must not wait for. */

const REST_MILLISECONDS = 120;

/**
 * @param {number} [milliseconds] without a `touch` before the waiting work is done
 */
export function createRest(milliseconds = REST_MILLISECONDS) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Set<() => void>} */
  const waiting = new Set();

  function flush() {
    clearTimeout(timer);
    const due = [...waiting];
    waiting.clear();
    for (const work of due) work();
  }
  /** Begin the time of rest anew, as often as a slider moves. */
  function touch() {
    if (!waiting.size) return;
    clearTimeout(timer);
    timer = setTimeout(flush, milliseconds);
  }
  return {
    touch,
    /** Do all waiting work now. */
    flush,
    /**
     * Return a function that puts `work` off until the sliders rest; however often it is called, `work` runs once.
     * @param {() => unknown} work
     */
    later(work) {
      return () => {
        waiting.add(work);
        touch();
      };
    },
  };
}
