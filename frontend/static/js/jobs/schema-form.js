/** Fields of a form from a JSON schema, and a specification from typed text. Pure. */

/**
 * @typedef {object} Field
 * @property {string[]} path where the value stands in the specification
 * @property {string} name
 * @property {"number" | "integer" | "boolean" | "enum" | "text" | "list" | "table"} kind
 * @property {any} fallback default; undefined where there is none
 * @property {boolean} [required] a value must be given
 * @property {boolean} optional null is allowed
 * @property {string[]} options of an enum
 * @property {{min?: number, max?: number, above?: number, below?: number}} bounds
 * @property {string} meaning
 * @property {string} unit
 * @property {string} source
 */

/**
 * @param {any} schema of an object
 * @param {string[]} [prefix]
 * @returns {Field[]}
 */
export function fieldsOf(schema, prefix = []) {
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const choices = property.anyOf ?? [property];
    const inner = resolve(choices.find((/** @type {any} */ one) => one.type !== "null") ?? property, schema);
    return {
      path: [...prefix, name],
      name,
      kind: kindOf(inner),
      fallback: property.default,
      required: schema.required?.includes(name) ?? false,
      optional: choices.some((/** @type {any} */ one) => one.type === "null"),
      options: (inner.enum ?? []).map(String),
      bounds: {
        min: inner.minimum,
        max: inner.maximum,
        above: inner.exclusiveMinimum,
        below: inner.exclusiveMaximum,
      },
      meaning: property.description ?? inner.description ?? "",
      unit: property.unit ?? "",
      source: property.source ?? "",
    };
  });
}

/**
 * @param {any} property
 * @param {any} schema
 */
function resolve(property, schema) {
  const name = /^#\/\$defs\/(.+)$/.exec(property.$ref ?? "")?.[1];
  return name ? { ...schema.$defs?.[name], ...property } : property;
}

/**
 * @param {any} property
 * @returns {Field["kind"]}
 */
function kindOf(property) {
  if (property.enum) return "enum";
  if (property.type === "array") return "list";
  if (property.type === "object") return "table";
  if (["number", "integer", "boolean"].includes(property.type)) return property.type;
  return "text";
}

/** How null is written in a box. */
const NONE = "none";

/**
 * A value as it stands in a box; `readField` reads it back.
 * @param {any} value undefined for the default
 */
export function fieldText(value) {
  if (value === undefined) return "";
  if (value === null) return NONE;
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * Read a typed text as a value of the field.
 * @param {Field} field
 * @param {string} text
 * @returns {{value: any} | {problem: string}} undefined: the default is meant
 */
export function readField(field, text) {
  const typed = text.trim();
  if (typed === "") return field.required ? { problem: "a value is needed" } : { value: undefined };
  if (typed === NONE && field.optional) return { value: null };
  if (field.kind === "boolean")
    return typed === "true" || typed === "false"
      ? { value: typed === "true" }
      : { problem: `got ${typed}; allowed: true, false; choose one` };
  if (field.kind === "enum" && !field.options.includes(typed))
    return { problem: `got ${typed}; allowed: ${field.options.join(", ")}; choose one` };
  if (field.kind === "list") return { value: typed.split(",").map((item) => scalar(item.trim())) };
  if (field.kind !== "number" && field.kind !== "integer") return { value: typed };
  const value = Number(typed);
  if (!Number.isFinite(value)) return { problem: `${typed} is no number` };
  if (field.kind === "integer" && !Number.isInteger(value)) return { problem: `${typed} is no whole number` };
  const problem = outside(value, field.bounds);
  return problem ? { problem } : { value };
}

/**
 * @param {number} value
 * @param {Field["bounds"]} bounds
 * @returns {string} empty where the value is allowed
 */
function outside(value, { min, max, above, below }) {
  if (min !== undefined && value < min) return `at least ${min}`;
  if (max !== undefined && value > max) return `at most ${max}`;
  if (above !== undefined && value <= above) return `more than ${above}`;
  if (below !== undefined && value >= below) return `less than ${below}`;
  return "";
}

/** "4" -> 4, "true" -> true, "conv64" -> "conv64". @param {string} text @returns {number | boolean | string} */
export function scalar(text) {
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * The specification with one value set; undefined removes the setting, and a table that becomes empty.
 * @param {Record<string, any>} spec
 * @param {string[]} path
 * @param {any} value
 * @returns {Record<string, any>}
 */
export function withSetting(spec, [name, ...rest], value) {
  const next = { ...spec };
  if (rest.length) {
    next[name] = withSetting(spec[name] ?? {}, rest, value);
    if (!Object.keys(next[name]).length) delete next[name];
  } else if (value === undefined) delete next[name];
  else next[name] = value;
  return next;
}

/**
 * @param {Record<string, any>} spec
 * @param {string[]} path
 * @returns {any}
 */
export const settingAt = (spec, path) => path.reduce((inner, name) => inner?.[name], /** @type {any} */ (spec));

/**
 * Number of runs of a grid.
 * @param {Record<string, any[]>} grid
 */
export const gridSize = (grid) => Object.values(grid).reduce((product, values) => product * values.length, 1);

/**
 * Label of an axis of a sweep: "objective_settings.beta" -> "beta (objective)", "batch_size" -> "batch size".
 * @param {string} name
 */
export function axisLabel(name) {
  const [, kind, setting] = /^(objective|dataset)_settings\.(.+)$/.exec(name) ?? [null, "", name];
  const text = setting.replaceAll("_", " ");
  return kind ? `${text} (${kind === "dataset" ? "data set" : kind})` : text;
}
