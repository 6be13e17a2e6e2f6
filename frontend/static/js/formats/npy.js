/** NumPy's files: arrays (npy) of float32, float64, uint8 and integers in C order, and archives of them (npz). */

import { readZip } from "./zip.js";

/** @type {Record<string, any>} */
const ARRAYS = { "<f4": Float32Array, "<f8": Float64Array, "|u1": Uint8Array, "<i4": Int32Array, "<i8": BigInt64Array };

/**
 * @param {ArrayBuffer} buffer
 * @returns {{ shape: number[], data: any }} `data` is a typed array in C order
 */
export function readNpy(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes[0] !== 0x93 || String.fromCharCode(...bytes.subarray(1, 6)) !== "NUMPY")
    throw new Error("got a file without the npy signature; allowed: npy; save it with numpy.save");
  const view = new DataView(buffer);
  const wide = bytes[6] > 1;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  const header = new TextDecoder("latin1").decode(bytes.subarray(start - length, start));
  const kind = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map(Number);
  if (!ARRAYS[kind] || /'fortran_order':\s*True/.test(header))
    throw new Error(
      `got npy of type ${kind || "unknown"}; allowed: ${Object.keys(ARRAYS).join(", ")} in C order; save it as one of these`,
    );
  const size = shape.reduce((a, b) => a * b, 1);
  const byteLength = ARRAYS[kind].BYTES_PER_ELEMENT * size;
  return { shape, data: new ARRAYS[kind](buffer.slice(start, start + byteLength)) };
}

/**
 * Write a float32 array as an npy file.
 * @param {Float32Array} data
 * @param {number[]} shape
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeNpy(data, shape) {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = dictionary.padEnd(padded - 11) + "\n";
  const bytes = new Uint8Array(padded + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(new TextEncoder().encode(header), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), padded);
  return bytes;
}

/**
 * Read an archive of `numpy.savez` or `savez_compressed`.
 * @param {Blob} file
 * @returns {Promise<Record<string, { shape: number[], data: any }>>} arrays by name
 */
export async function readNpz(file) {
  const arrays = (await readZip(file)).map(async ({ name, read }) => [
    name.replace(/\.npy$/, ""),
    readNpy(await read()),
  ]);
  return Object.fromEntries(await Promise.all(arrays));
}
