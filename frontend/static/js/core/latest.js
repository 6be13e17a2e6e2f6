/** Requests of which only the newest counts. */

/**
 * Make a function of which the newest call wins: it aborts the call before.
 *
 * An aborted call rejects with an `AbortError`, of which `toastError` shows nothing, also where its work succeeds.
 * @template {any[]} A
 * @template R
 * @param {(signal: AbortSignal, ...given: A) => Promise<R>} work after each of its own awaits, before it changes
 *   anything: `signal.throwIfAborted()`
 * @returns {((...given: A) => Promise<R>) & { cancel: () => void }} `cancel` drops the running call
 */
export function latest(work) {
  /** @type {AbortController | null} */
  let running = null;
  /** @param {A} given */
  const call = async (...given) => {
    running?.abort();
    const { signal } = (running = new AbortController());
    try {
      const answer = await work(signal, ...given);
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  };
  return Object.assign(call, { cancel: () => running?.abort() });
}

/**
 * Return whether an error is that of an aborted call.
 * @param {unknown} error
 */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Make a function that sends values one at a time: a value is sent at once when none is in flight; of the values that
 * come meanwhile the newest is sent after it, the others are dropped. Each answer is shown.
 * @template V, R
 * @param {(value: V) => Promise<R>} send
 * @param {(reply: R, value: V) => void} show
 * @param {(error: unknown, value: V) => void} fail
 * @returns {(value: V) => void}
 */
export function createLatest(send, show, fail) {
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
