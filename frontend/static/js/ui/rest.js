/** Work that is delayed until the sliders rest: drawing a chart takes 50 ms and more, which would delay a drag. */

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
  /** Restart the time of rest: called as often as a slider moves. */
  function touch() {
    if (!waiting.size) return;
    clearTimeout(timer);
    timer = setTimeout(flush, milliseconds);
  }
  return {
    touch,
    /** Do all waiting work now. */
    flush,
    /** Do none of the waiting work. */
    drop() {
      clearTimeout(timer);
      waiting.clear();
    },
    /**
     * Return a function that schedules `work` for when the sliders rest. Several calls run it once.
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
