/** Undo and redo over values that are never changed in place. Pure. */

/**
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
