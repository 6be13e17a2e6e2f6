/** The variable-width LZW of GIF. Pure. */

/**
 * @param {Uint8Array} indices
 * @param {number} bits of an index
 * @returns {Uint8Array}
 */
export function lzw(indices, bits) {
  const clear = 1 << bits;
  const end = clear + 1;
  /** @type {number[]} */
  const out = [];
  let buffer = 0;
  let filled = 0;
  let width = bits + 1;
  let next = end + 1;
  /** @type {Map<number, number>} */
  let table = new Map();

  const emit = (/** @type {number} */ code) => {
    buffer |= code << filled;
    filled += width;
    while (filled >= 8) {
      out.push(buffer & 255);
      buffer >>>= 8;
      filled -= 8;
    }
  };

  emit(clear);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i += 1) {
    const key = (prefix << 8) | indices[i];
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    emit(prefix);
    if (next < 4096) {
      if (next === 1 << width) width += 1;
      table.set(key, next);
      next += 1;
    } else {
      emit(clear);
      table = new Map();
      width = bits + 1;
      next = end + 1;
    }
    prefix = indices[i];
  }
  emit(prefix);
  emit(end);
  if (filled) out.push(buffer & 255);
  return Uint8Array.from(out);
}
