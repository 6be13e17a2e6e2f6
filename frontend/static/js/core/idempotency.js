/** Keys that make sending the same order twice safe: the service answers the second with the job of the first. */

/**
 * A new key of 128 random bits in hexadecimal digits.
 *
 * Not `crypto.randomUUID`, which browsers give to https and localhost alone: a service on a network is often plain http.
 */
export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * One key for each content: the same content sent again, by a second click or after a lost answer, has the same key.
 *
 * @returns {(content: any) => string} the key of a JSON value
 */
export function keysByContent() {
  /** @type {Map<string, string>} */
  const keys = new Map();
  return (content) => {
    const text = JSON.stringify(content);
    const key = keys.get(text) ?? newKey();
    keys.set(text, key);
    return key;
  };
}
