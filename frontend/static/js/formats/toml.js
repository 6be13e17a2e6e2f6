/**
 * The part of TOML 1.0 that settings of a run need: keys, tables, strings, numbers, booleans, arrays. Pure.
 * null does not exist in TOML: such keys are left out and so take their default.
 */

/**
 * @param {Record<string, any>} value
 * @returns {string}
 */
export function toToml(value) {
  /** @type {string[]} */
  const lines = [];
  const write = (/** @type {Record<string, any>} */ table, /** @type {string[]} */ path) => {
    const entries = Object.entries(table).filter(([, inner]) => inner !== null && inner !== undefined);
    const plain = entries.filter(([, inner]) => !isTable(inner));
    if (path.length && plain.length) lines.push("", `[${path.map(key).join(".")}]`);
    for (const [name, inner] of plain) lines.push(`${key(name)} = ${literal(inner)}`);
    for (const [name, inner] of entries) if (isTable(inner)) write(inner, [...path, name]);
  };
  write(value, []);
  return lines.join("\n").trim() + "\n";
}

/** @param {any} value */
const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** @param {string} name */
const key = (name) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name));

/** @param {any} value @returns {string} */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) >= 1e21 ? value.toExponential() : String(value);
  if (typeof value === "boolean") return String(value);
  return JSON.stringify(String(value));
}

/** What is wrong with a text that should be TOML, and in which line. */
export class TomlError extends Error {
  /**
   * @param {number} line from 1
   * @param {string} message
   */
  constructor(line, message) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/**
 * @param {string} text
 * @returns {Record<string, any>}
 */
export function fromToml(text) {
  /** @type {Record<string, any>} */
  const root = {};
  let table = root;
  text.split("\n").forEach((raw, at) => {
    const line = withoutComment(raw).trim();
    if (!line) return;
    const fail = (/** @type {string} */ message) => {
      throw new TomlError(at + 1, message);
    };
    if (line.startsWith("[")) {
      if (!line.endsWith("]") || line.startsWith("[[")) fail(`${line} is no table: write [name]`);
      table = descend(root, path(line.slice(1, -1), fail), fail);
      return;
    }
    const equals = outsideQuotes(line, "=");
    if (equals < 0) fail(`${line} has no "=": write key = value`);
    const names = path(line.slice(0, equals), fail);
    const last = /** @type {string} */ (names.pop());
    const inner = descend(table, names, fail);
    if (last in inner) fail(`${last} is set twice`);
    inner[last] = parse(line.slice(equals + 1).trim(), fail);
  });
  return root;
}

/** @typedef {(message: string) => void} Fail throws */

/**
 * @param {Record<string, any>} from
 * @param {string[]} names
 * @param {Fail} fail
 */
function descend(from, names, fail) {
  let table = from;
  for (const name of names) {
    table[name] ??= {};
    table = table[name];
    if (!isTable(table)) fail(`${name} is a value already, not a table`);
  }
  return table;
}

/**
 * @param {string} text
 * @param {Fail} fail
 * @returns {string[]}
 */
function path(text, fail) {
  const parts =
    text
      .match(/"[^"]*"|[^.]+/g)
      ?.map((part) => part.trim())
      .filter(Boolean) ?? [];
  const bad = parts.find((part) => !part.startsWith('"') && !/^[A-Za-z0-9_-]+$/.test(part));
  if (!parts.length || bad) fail(`${bad || "an empty name"} cannot be a key`);
  const names = parts.map((part) => part.replace(/^"(.*)"$/, "$1"));
  if (names.includes("__proto__")) fail("__proto__ cannot be a key");
  return names;
}

/**
 * @param {string} text
 * @param {Fail} fail
 * @returns {any}
 */
function parse(text, fail) {
  if (text === "true" || text === "false") return text === "true";
  if (/^[+-]?(\d[\d_]*)(\.\d[\d_]*)?([eE][+-]?\d+)?$/.test(text)) return Number(text.replaceAll("_", ""));
  if (/^'[^']*'$/.test(text)) return text.slice(1, -1);
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text);
    } catch {
      fail(`${text} is no string: close the quotation mark`);
    }
  }
  if (text.startsWith("[") && text.endsWith("]")) return items(text.slice(1, -1)).map((item) => parse(item, fail));
  return fail(`got ${text || "nothing"}; allowed: numbers, true, false, "text" and [lists]`);
}

/**
 * Items of a list, split at commas outside quotes and brackets.
 * @param {string} text
 */
function items(text) {
  const found = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') quoted = !quoted;
    else if (!quoted && sign === "[") depth += 1;
    else if (!quoted && sign === "]") depth -= 1;
    if (at === text.length || (sign === "," && !quoted && depth === 0)) {
      if (text.slice(start, at).trim()) found.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return found;
}

/**
 * Place of a sign outside quotes, -1 for none.
 * @param {string} text
 * @param {string} sign
 */
function outsideQuotes(text, sign) {
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    if (quote) quote = text[at] === quote && text[at - 1] !== "\\" ? "" : quote;
    else if (text[at] === '"' || text[at] === "'") quote = text[at];
    else if (text[at] === sign) return at;
  }
  return -1;
}

/** @param {string} line */
function withoutComment(line) {
  const at = outsideQuotes(line, "#");
  return at < 0 ? line : line.slice(0, at);
}
