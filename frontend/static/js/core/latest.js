/** Calls of which only the newest counts: what an earlier one finds late must not overwrite what is shown. */

/**
 * Make a function of which the newest call wins.
 *
 * A call aborts the one before. A call that is not the newest any more rejects with an `AbortError` (`toastError` is
 * silent about it), whether its work ended well, badly, or has not ended yet when it is looked at.
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
 * Whether an error only says that something newer was asked for.
 * @param {unknown} error
 */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";
