/** Addresses of files of the pages, also in a page of one file, which carries and unpacks them. */

const isOneFile = () => "axiscopeUnpacked" in globalThis;

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
 * Return the address of a file; "" in a page of one file that does not carry it.
 * @param {string} path below `static`
 * @param {boolean} [forWorker] return an address that workers can read
 */
export const asset = (path, forWorker = false) =>
  isOneFile() ? (unpacked(`static/${path}`, forWorker) ?? "") : new URL(`../../${path}`, import.meta.url).href;
