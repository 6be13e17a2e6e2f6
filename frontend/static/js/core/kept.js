/** Small texts kept in this browser. Where a person's settings forbid that, nothing is kept and nothing fails. */

/** @param {string} key @returns {string | null} null: nothing is kept, or nothing can be read */
export function readKept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string | null} text null forgets
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
