/**
 * Loader of a page of one file, which `axiscope site --one-file` writes: it unpacks the files of a static copy, shows
 * the page that the fragment of the address names, and imports its modules. A browser imports no modules from
 * `file://`: each becomes a blob, in whose text the addresses of its imports are replaced by those of other blobs.
 */

const IMPORT = /(^|;)((?:import|export)\b(?:[^;"]*\bfrom)?\s*)"(\.{1,2}\/[^"]+)"/gm;
const CHUNK = 8192;
/** @type {Record<string, string>} */
const TYPES = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
};

/**
 * Unpack an archive: the length of an index as uint32 (little endian), the index as JSON, and the files one after the
 * other; all compressed by gzip, as base64.
 * @param {string} packed
 * @returns {Promise<Map<string, Uint8Array<ArrayBuffer>>>} content by name
 */
export async function unpack(packed) {
  const compressed = (await fetch(`data:application/gzip;base64,${packed.trim()}`)).body;
  const stream = /** @type {ReadableStream} */ (compressed).pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 4 + new DataView(bytes.buffer).getUint32(0, true);
  /** @type {[string, number][]} */
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  return new Map(index.map(([name, size]) => [name, bytes.subarray(at, (at += size))]));
}

/**
 * Return a function from the name of a file to an address of its content; undefined for other names. The address is
 * that of a blob, or for a worker a `data:` address, since workers of `file://` read no blobs of their page.
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files
 * @returns {(name: string, forWorker?: boolean) => string | undefined}
 */
export function createAddresses(files) {
  /** @type {Map<string, string>} */
  const known = new Map();
  const addressOf = (/** @type {string} */ name, forWorker = false) => {
    const key = `${forWorker ? "worker" : "page"} ${name}`;
    const content = files.get(name);
    if (!content || known.has(key)) return known.get(key);
    const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const linked = name.endsWith(".js") ? link(name, content, forWorker) : content;
    known.set(key, forWorker ? dataAddress(linked, type) : URL.createObjectURL(new Blob([linked], { type })));
    return known.get(key);
  };
  const link = (/** @type {string} */ name, /** @type {BufferSource} */ content, /** @type {boolean} */ forWorker) => {
    const address = (/** @type {string} */ path) => addressOf(resolve(path, name), forWorker);
    const source = new TextDecoder().decode(content);
    const linked = source.replace(IMPORT, (_, before, words, path) => `${before}${words}"${address(path)}"`);
    return new TextEncoder().encode(linked);
  };
  return addressOf;
}

/** @param {Uint8Array} content @param {string} type */
function dataAddress(content, type) {
  let binary = "";
  for (let at = 0; at < content.length; at += CHUNK) {
    binary += String.fromCharCode(...content.subarray(at, at + CHUNK));
  }
  return `data:${type};base64,${btoa(binary)}`;
}

/** @param {string} path @param {string} from name of the file that contains it */
const resolve = (path, from) => new URL(path, `files:///${from}`).pathname.slice(1);

/**
 * Show a page and run its scripts.
 * @param {Map<string, Uint8Array<ArrayBuffer>>} files
 * @param {string} name of the page
 */
async function show(files, name) {
  const addressOf = createAddresses(files);
  const text = (/** @type {string} */ file) => new TextDecoder().decode(files.get(file));
  const page = new DOMParser().parseFromString(text(name), "text/html");
  const named = (/** @type {Element} */ node) =>
    resolve(node.getAttribute("href") ?? node.getAttribute("src") ?? "", name);
  for (const sheet of page.querySelectorAll('link[rel="stylesheet"]')) {
    const style = page.createElement("style");
    style.textContent = text(named(sheet));
    sheet.replaceWith(style);
  }
  for (const other of page.querySelectorAll("link[href], img[src]")) {
    const attribute = other.matches("link") ? "href" : "src";
    other.setAttribute(attribute, addressOf(named(other)) ?? other.getAttribute(attribute) ?? "");
  }
  for (const anchor of page.querySelectorAll("a[href]")) {
    if (files.has(named(anchor))) anchor.setAttribute("href", `?#${named(anchor)}`);
  }
  /** @type {any} */ (globalThis).axiscopeUnpacked = addressOf;
  const scripts = [...page.querySelectorAll("script[src]")];
  document.documentElement.replaceWith(document.adoptNode(page.documentElement));
  for (const script of scripts.filter((each) => !each.matches('[type="module"]'))) {
    const again = document.createElement("script");
    again.textContent = text(named(script));
    script.replaceWith(again);
  }
  for (const script of scripts.filter((each) => each.matches('[type="module"]'))) {
    await import(addressOf(named(script)) ?? "");
  }
}

const archive = globalThis.document?.getElementById("archive");
if (archive) {
  const files = await unpack(archive.textContent ?? "");
  const pageIn = (/** @type {string} */ hash) => (files.has(hash.slice(1)) ? hash.slice(1) : null);
  addEventListener("hashchange", () => pageIn(location.hash) && location.reload());
  await show(files, pageIn(location.hash) ?? archive.dataset.page ?? "index.html");
}
