/** View state in the query string: path = resource, query = view, defaults left out. */

/**
 * @template T
 * @typedef {object} Param
 * @property {T} fallback left out of the query when the value equals it
 * @property {(text: string) => T | undefined} read undefined for an invalid text: the fallback is taken
 * @property {(value: T) => string} write
 */

/** @param {string} fallback @returns {Param<string>} */
export const text = (fallback = "") => ({ fallback, read: (t) => t, write: String });

/** @param {string[]} allowed the first is the fallback @returns {Param<string>} */
export const choice = (allowed) => ({
  fallback: allowed[0],
  read: (t) => (allowed.includes(t) ? t : undefined),
  write: String,
});

/** @param {number | null} fallback @returns {Param<number | null>} */
export const number = (fallback = null) => ({
  fallback,
  read: (t) => (t.trim() !== "" && Number.isFinite(Number(t)) ? Number(t) : undefined),
  write: String,
});

/** @returns {Param<boolean>} */
export const flag = () => ({ fallback: false, read: (t) => t === "1", write: (v) => (v ? "1" : "0") });

/** Numbers with at most `digits` after the point. @param {number} digits @returns {Param<number[] | null>} */
export const numbers = (digits = 3) => ({
  fallback: null,
  read: (t) => {
    const values = t.split(",").map(Number);
    return t !== "" && values.every(Number.isFinite) ? values : undefined;
  },
  write: (v) => (v ?? []).map((x) => String(Number(x.toFixed(digits)))).join(","),
});

/** Texts separated by commas. @returns {Param<string[]>} */
export const texts = () => ({ fallback: [], read: (t) => t.split(",").filter(Boolean), write: (v) => v.join(",") });

/**
 * @param {Record<string, Param<any>>} schema
 * @param {string} search as location.search
 * @returns {Record<string, any>} a value for every key of the schema
 */
export function readQuery(schema, search) {
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    Object.entries(schema).map(([key, param]) => {
      const given = query.get(key);
      const value = given === null ? undefined : param.read(given);
      return [key, value === undefined ? param.fallback : value];
    }),
  );
}

/**
 * @param {Record<string, Param<any>>} schema
 * @param {Record<string, any>} state
 * @returns {string} "" or "?..."; commas stay readable
 */
export function writeQuery(schema, state) {
  const parts = Object.entries(schema).flatMap(([key, param]) => {
    if (!(key in state)) return [];
    const written = param.write(state[key]);
    if (state[key] === null || written === param.write(param.fallback)) return [];
    return [`${key}=${encodeURIComponent(written).replaceAll("%2C", ",").replaceAll("%3A", ":")}`];
  });
  return parts.length ? `?${parts.join("&")}` : "";
}

/** Functions that complete the address, called before a link is copied. @type {Set<() => void>} */
export const beforeShare = new Set();

/**
 * Write the state to the address: `replace` while a value is adjusted, `push` for a step that Back undoes.
 * @param {Record<string, Param<any>>} schema
 * @param {Record<string, any>} state
 * @param {"replace" | "push"} [how]
 */
export function showInAddress(schema, state, how = "replace") {
  const address = location.pathname + writeQuery(schema, state) + location.hash;
  if (address === location.pathname + location.search + location.hash) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
