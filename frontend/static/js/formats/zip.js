/** Zip archives: the directory, and members one by one, so that a large file is never read as a whole. */

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
/** Largest end of an archive: a comment of 64 KiB, the end record, and before it the locator of zip64. */
const END_BYTES = 0xffff + 22 + 20;

/**
 * @typedef {object} Member
 * @property {string} name path in the archive; that of a folder ends with "/"
 * @property {number} bytes unpacked
 * @property {() => Promise<ArrayBuffer>} read unpacks it; stored and deflated members only
 */

/**
 * Read the directory of an archive.
 * @param {Blob} file
 * @returns {Promise<Member[]>}
 */
export async function readZip(file) {
  const { count, at, size } = await directoryOf(file);
  const view = await viewOf(file, at, at + size);
  const members = [];
  for (let here = 0; members.length < count;) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => view.getUint16(here + offset, true));
    members.push(memberOf(file, view, here, nameBytes));
    here += 46 + nameBytes + extraBytes + commentBytes;
  }
  return members;
}

/**
 * Find the directory by the end record, or by that of zip64 where the archive has more than 65,535 members.
 * @param {Blob} file
 */
async function directoryOf(file) {
  const start = Math.max(0, file.size - END_BYTES);
  const view = await viewOf(file, start, file.size);
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error("got a file without the end record of a zip; allowed: zip; pack it again");
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
    const at = Number(view.getBigUint64(end - 12, true));
    const wide = await viewOf(file, at, at + 56);
    if (wide.getUint32(0, true) === END_64) {
      const [count, size, place] = [32, 40, 48].map((offset) => Number(wide.getBigUint64(offset, true)));
      return { count, size, at: place };
    }
  }
  return {
    count: view.getUint16(end + 10, true),
    size: view.getUint32(end + 12, true),
    at: view.getUint32(end + 16, true),
  };
}

/**
 * @param {Blob} file
 * @param {DataView} view of the directory
 * @param {number} at of the member's record in it
 * @param {number} nameBytes
 * @returns {Member}
 */
function memberOf(file, view, at, nameBytes) {
  const method = view.getUint16(at + 10, true);
  const packed = view.getUint32(at + 20, true);
  const local = view.getUint32(at + 42, true);
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes));
  return {
    name,
    bytes: view.getUint32(at + 24, true),
    async read() {
      const head = await viewOf(file, local, local + 30);
      const start = local + 30 + head.getUint16(26, true) + head.getUint16(28, true);
      const content = file.slice(start, start + packed);
      if (method === 0) return content.arrayBuffer();
      if (method !== 8)
        throw new Error(`got ${name} of compression ${method}; allowed: stored (0), deflated (8); pack it again`);
      return new Response(content.stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
    },
  };
}

/** @param {Blob} file @param {number} start @param {number} end */
const viewOf = async (file, start, end) => new DataView(await file.slice(start, end).arrayBuffer());
