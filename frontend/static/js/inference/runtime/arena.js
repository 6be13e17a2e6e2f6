/** Memory of the runtime: one WebAssembly memory with the constants first, and the tensors of one run behind them. */

/** @typedef {{ shape: number[], at: number, ints?: undefined }} Floats float32 tensor at a byte of the memory */
/** @typedef {{ shape: number[], ints: number[] }} Ints small integer tensor, such as a shape */
/** @typedef {Floats | Ints} Tensor */

/**
 * Exports of `kernel.wat`; pointers, strides and `step` are bytes.
 * @typedef {object} Kernel
 * @property {WebAssembly.Memory} memory
 * @property {(m: number, n: number, k: number, a: number, b: number, c: number) => void} gemm c += a b
 * @property {(rows: number, count: number, from: number, fromStride: number, to: number, toStride: number, step: number) => void} scatter
 * @property {(n: number, from: number, to: number) => void} relu
 * @property {(n: number, from: number, to: number) => void} sigmoid
 */

const PAGE_BYTES = 65536;
const ALIGNMENT_BYTES = 16;

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, side) => product * side, 1);

export class Arena {
  /** @param {WebAssembly.Instance} kernel of `kernel.wat` */
  constructor(kernel) {
    /** @type {Kernel} */
    this.kernel = /** @type {any} */ (kernel.exports);
    this.memory = this.kernel.memory;
    this.end = 0;
    this.kept = 0;
  }

  /** Allocate a float32 tensor; its content is left over. @param {number[]} shape @returns {Floats} */
  empty(shape) {
    const at = this.end;
    this.end += Math.ceil((4 * sizeOf(shape)) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const lacking = this.end - this.memory.buffer.byteLength;
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / PAGE_BYTES));
    return { shape, at };
  }

  /** Return the numbers of a tensor, until the next one is allocated. @param {Floats} tensor */
  view({ at, shape }) {
    return new Float32Array(this.memory.buffer, at, sizeOf(shape));
  }

  /** Copy numbers to a new tensor. @param {number[]} shape @param {ArrayLike<number>} values */
  put(shape, values) {
    const tensor = this.empty(shape);
    this.view(tensor).set(values);
    return tensor;
  }

  /** Keep what is allocated now in all further runs. */
  keep() {
    this.kept = this.end;
  }

  /** Release the tensors of the last run. */
  reset() {
    this.end = this.kept;
  }
}
