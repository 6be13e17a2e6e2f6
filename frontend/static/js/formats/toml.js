/** Settings of a run as TOML 1.0, by smol-toml. Without the library the page works, except for TOML. */

const LIBRARY = "../../vendor/smol-toml/index.js"; // a constant, so that tsc does not check the library
const library = await import(LIBRARY).catch(() => null);
const MISSING = "TOML needs smol-toml, which is not installed on this server; run: make vendor";

/**
 * Write a table as TOML. TOML has no null: such keys are left out and so take their default.
 * @param {Record<string, unknown>} value
 * @returns {string} a comment with the reason why there is no text, where the library is not installed
 */
export function toToml(value) {
  return library ? library.stringify(writable(value)) : `# ${MISSING}\n`;
}

/**
 * Return the value with each null in a list as text, since smol-toml refuses it there.
 * @param {unknown} value
 * @param {boolean} [inList]
 * @returns {unknown}
 */
function writable(value, inList = false) {
  if (Array.isArray(value)) return value.map((item) => writable(item, true));
  if (value === null) return inList ? "null" : null;
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, writable(inner)]));
}

/**
 * Read TOML.
 * @param {string} text
 * @returns {Record<string, any>}
 * @throws {Error} that names the line of the first mistake, counted from 1
 */
export function fromToml(text) {
  if (!library) throw new Error(MISSING);
  try {
    return structuredClone(library.parse(text)); // as plain objects; those of the library have no prototype
  } catch (/** @type {any} */ error) {
    if (!(error instanceof library.TomlError)) throw error;
    const [reason] = error.message.replace("Invalid TOML document: ", "").split("\n");
    throw new Error(`line ${error.line}: got ${text.split("\n")[error.line - 1].trim()}; ${reason}`);
  }
}
