/** State that views share: plain values, replaced by `set`, told to those who listen to their keys. */

/**
 * @template {Record<string, any>} S
 * @typedef {object} Store
 * @property {() => Readonly<S>} get the state as it is
 * @property {(patch: Partial<S>) => void} set replace keys; listeners of keys that changed are called, in order
 * @property {(keys: (keyof S)[], listener: (state: Readonly<S>) => void) => () => void} on listen to keys; returns stop
 */

/**
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
    on(keys, listener) {
      const watcher = { keys: new Set(keys), listener };
      watchers = [...watchers, watcher];
      return () => {
        watchers = watchers.filter((other) => other !== watcher);
      };
    },
  };
}
