/** Addresses of files of the pages, also in a page of one file, which carries and unpacks them. */

/**
 * Return the address of an unpacked file of a page of one file; undefined on every other page, and for a file that
 * the page does not carry.
 * @param {string} name relative to the folder that `axiscope site` writes
 * @param {boolean} [forWorker] return an address that workers can read
 * @returns {string | undefined}
 */
export const unpacked = (name, forWorker = false) =>
  /** @type {any} */ (globalThis).axiscopeUnpacked?.(name, forWorker);

/**
 * Return the address of a file.
 * @param {string} path below `static`
 * @param {boolean} [forWorker] return an address that workers can read
 */
export const asset = (path, forWorker = false) =>
  unpacked(`static/${path}`, forWorker) ?? new URL(`../../${path}`, import.meta.url).href;
