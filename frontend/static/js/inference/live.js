/**
 * The live loop: send now, keep the latest. If nothing is in flight a value is sent at once; else it is remembered
 * and exactly one trailing request follows. A reply older than the one shown is dropped. Never a debounce.
 */

/**
 * @template V, R
 * @param {(value: V) => Promise<R>} send
 * @param {(reply: R, value: V) => void} show
 * @param {(error: unknown, value: V) => void} fail
 * @returns {(value: V) => void} push
 */
export function createLive(send, show, fail) {
  let busy = false;
  /** @type {{ value: V } | null} */
  let waiting = null;

  /** @param {V} value */
  async function run(value) {
    busy = true;
    try {
      const reply = await send(value);
      show(reply, value);
    } catch (error) {
      fail(error, value);
    }
    busy = false;
    if (waiting) {
      const next = waiting.value;
      waiting = null;
      run(next);
    }
  }

  return (value) => {
    if (busy) waiting = { value };
    else run(value);
  };
}
