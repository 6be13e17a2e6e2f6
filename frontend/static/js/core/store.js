/** State of a page: stores that views share, undo, and what the browser keeps. */

/**
 * @template {Record<string, any>} S
 * @typedef {object} Store
 * @property {() => Readonly<S>} get the state as it is
 * @property {(patch: Partial<S>) => void} set replace keys; listeners of keys that changed are called, in order
 * @property {(keys: (keyof S)[], listener: (state: Readonly<S>) => void, signal?: AbortSignal) => () => void} on listen to
 *   keys until `signal` aborts; returns stop
 */

/**
 * Make a store of plain values.
 * @template {Record<string, any>} S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = { ...initial };
  /** @type {{ keys: Set<keyof S>, listener: (state: Readonly<S>) => void }[]} */
  let watchers = [];
  return {
    get: () => state,
    set(patch) {
      const changed = Object.keys(patch).filter((key) => !Object.is(state[key], patch[key]));
      if (!changed.length) return;
      state = { ...state, ...patch };
      for (const { keys, listener } of watchers) {
        if (changed.some((key) => keys.has(key))) listener(state);
      }
    },
    on(keys, listener, signal) {
      const watcher = { keys: new Set(keys), listener };
      const stop = () => {
        watchers = watchers.filter((other) => other !== watcher);
      };
      watchers = [...watchers, watcher];
      signal?.addEventListener("abort", stop);
      return stop;
    },
  };
}

/**
 * Make undo and redo over values that are never changed in place.
 * @template T
 * @param {T} first
 * @param {{ limit?: number, same?: (a: T, b: T) => boolean }} [options]
 */
export function createHistory(first, { limit = 200, same = Object.is } = {}) {
  /** @type {T[]} */
  let past = [];
  let present = first;
  /** @type {T[]} */
  let future = [];
  return {
    get present() {
      return present;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    /** @param {T} value a finished step; an equal one is not a step */
    commit(value) {
      if (same(value, present)) return;
      past = [...past, present].slice(-limit);
      present = value;
      future = [];
    },
    /** @returns {T} the value to show */
    undo() {
      if (past.length) {
        future = [present, ...future];
        present = /** @type {T} */ (past.at(-1));
        past = past.slice(0, -1);
      }
      return present;
    },
    /** @returns {T} the value to show */
    redo() {
      if (future.length) {
        past = [...past, present];
        [present, ...future] = future;
      }
      return present;
    },
  };
}

/**
 * Read a text that this browser keeps.
 * @param {string} key
 * @returns {string | null} null where nothing is kept, or the browser forbids to read it
 */
export function readKept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * Keep a text in this browser.
 * @param {string} key
 * @param {string | null} text null removes it
 * @returns {boolean} whether it was done
 */
export function keep(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}
