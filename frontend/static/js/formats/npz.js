/** Archives of npy files (zip): what `numpy.savez` and `savez_compressed` write. */

import { readNpy } from "./npy.js";

/**
 * @param {ArrayBuffer} buffer
 * @returns {Promise<Record<string, { shape: number[], data: any }>>} arrays by name
 */
export async function readNpz(buffer) {
  const view = new DataView(buffer);
  const end = endRecord(view);
  /** @type {Record<string, { shape: number[], data: any }>} */
  const arrays = {};
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    const method = view.getUint16(at + 10, true);
    const packed = view.getUint32(at + 20, true);
    const nameLength = view.getUint16(at + 28, true);
    const rest = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(new Uint8Array(buffer, at + 46, nameLength));
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const bytes = buffer.slice(start, start + packed);
    arrays[name.replace(/\.npy$/, "")] = readNpy(method === 8 ? await inflate(bytes) : bytes);
    at += 46 + nameLength + rest;
  }
  return arrays;
}

/**
 * Where the end record of the directory stands.
 * @param {DataView} view
 */
function endRecord(view) {
  for (let at = view.byteLength - 22; at >= 0; at -= 1) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw new Error("this is not an npz file");
}

/** @param {ArrayBuffer} bytes */
function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}
