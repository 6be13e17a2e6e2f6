/** What differs between several configurations, and only that. */

/**
 * @param {unknown} value
 * @param {string} path
 * @param {Map<string, unknown>} into
 */
function flatten(value, path, into) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${key}` : key, into);
  } else into.set(path, value);
}

/**
 * @param {object[]} configurations one plain object per model, nested at will
 * @returns {{same: {key: string, value: unknown}[], differing: {key: string, values: unknown[]}[]}}
 *   values: one per configuration, undefined where it has no such key
 */
export function difference(configurations) {
  const flat = configurations.map((configuration) => {
    const map = new Map();
    flatten(configuration, "", map);
    return map;
  });
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  /** @type {{key: string, value: unknown}[]} */
  const same = [];
  /** @type {{key: string, values: unknown[]}[]} */
  const differing = [];
  for (const key of keys) {
    const values = flat.map((map) => map.get(key));
    const texts = new Set(values.map((value) => JSON.stringify(value ?? null)));
    if (texts.size === 1) same.push({ key, value: values[0] });
    else differing.push({ key, values });
  }
  return { same, differing };
}
