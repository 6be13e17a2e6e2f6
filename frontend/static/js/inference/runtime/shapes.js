/** Operators that move or describe numbers: shapes, order of axes, parts. Small integer tensors are lists. */

import { sizeOf } from "./arena.js";
import { FLOAT } from "./onnx.js";

/** @typedef {import("./arena.js").Arena} Arena */
/** @typedef {import("./arena.js").Tensor} Tensor */
/** @typedef {import("./arena.js").Floats} Floats */
/** @typedef {import("./arena.js").Ints} Ints */
/** @typedef {(arena: Arena, inputs: any[], attributes: Record<string, any>) => Tensor} Operator */

/** The same numbers in another shape. @param {Tensor} tensor @param {number[]} shape @returns {Tensor} */
const reshaped = (tensor, shape) => ({ ...tensor, shape });

/** @param {number} axis @param {number} rank */
const positive = (axis, rank) => (axis < 0 ? axis + rank : axis);

/** @type {Operator} */
function reshape(_, [data, { ints }], { allowzero = 0 }) {
  const shape = ints.map((/** @type {number} */ side, /** @type {number} */ i) =>
    side === 0 && !allowzero ? data.shape[i] : side,
  );
  const open = shape.indexOf(-1);
  if (open >= 0) shape[open] = sizeOf(data.shape) / -sizeOf(shape);
  return reshaped(data, shape);
}

/** @type {Operator} */
function flatten(_, [data], { axis = 1 }) {
  const at = positive(axis, data.shape.length);
  return reshaped(data, [sizeOf(data.shape.slice(0, at)), sizeOf(data.shape.slice(at))]);
}

/** @type {Operator} */
function unsqueeze(_, [data, given], { axes = given.ints }) {
  const rank = data.shape.length + axes.length;
  const added = axes.map((/** @type {number} */ axis) => positive(axis, rank));
  const rest = [...data.shape];
  return reshaped(
    data,
    Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift())),
  );
}

/** @type {Operator} */
function squeeze(_, [data, given], { axes = given?.ints }) {
  const removed = axes?.map((/** @type {number} */ axis) => positive(axis, data.shape.length));
  const stays = (/** @type {number} */ side, /** @type {number} */ axis) =>
    removed ? !removed.includes(axis) : side !== 1;
  return reshaped(data, data.shape.filter(stays));
}

/** @type {Operator} */
function transpose(arena, [data], { perm = [...data.shape.keys()].reverse() }) {
  const shape = perm.map((/** @type {number} */ axis) => data.shape[axis]);
  const strides = stridesOf(data.shape);
  const steps = perm.map((/** @type {number} */ axis) => strides[axis]);
  const out = arena.empty(shape);
  const [from, to] = [arena.view(data), arena.view(out)];
  eachIndex(shape, steps, (at, i) => (to[i] = from[at]));
  return out;
}

/** @type {Operator} */
function concat(arena, inputs, { axis }) {
  const [first] = inputs;
  if (first.ints) {
    const ints = inputs.flatMap((each) => each.ints);
    return { shape: [ints.length], ints };
  }
  const at = positive(axis, first.shape.length);
  const shape = first.shape.with(
    at,
    inputs.reduce((sum, each) => sum + each.shape[at], 0),
  );
  const out = arena.empty(shape);
  const to = arena.view(out);
  const outer = sizeOf(shape.slice(0, at));
  let start = 0;
  for (const each of inputs) {
    const length = sizeOf(each.shape.slice(at));
    const from = arena.view(each);
    for (let i = 0; i < outer; i += 1) {
      to.set(from.subarray(i * length, (i + 1) * length), i * sizeOf(shape.slice(at)) + start);
    }
    start += length;
  }
  return out;
}

/** Entries of a list of integers, such as one side of a shape. @type {Operator} */
function gather(_, [{ ints, shape }, { ints: indices, shape: chosen }]) {
  if (!ints || !indices) throw new Error("Gather of floats is not in Axiscope's own runtime");
  const picked = indices.map((/** @type {number} */ i) => ints[positive(i, shape[0])]);
  return { shape: chosen, ints: picked };
}

/** @type {Operator} */
function cast(arena, [data], { to }) {
  const isFloat = to === FLOAT;
  if (Boolean(data.ints) === !isFloat) return data;
  if (isFloat) return arena.put(data.shape, data.ints);
  throw new Error("Cast of floats is not in Axiscope's own runtime");
}

/** Strides in numbers, by rows. @param {number[]} shape */
export const stridesOf = (shape) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/**
 * Visit all positions of a shape by rows.
 * @param {number[]} shape
 * @param {number[]} steps of each axis in another tensor
 * @param {(at: number, index: number) => void} visit with the place in the other tensor
 */
export function eachIndex(shape, steps, visit) {
  const n = sizeOf(shape);
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    visit(at, i);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] += 1;
      at += steps[axis];
      if (index[axis] < shape[axis]) break;
      at -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/** @type {Record<string, Operator>} */
export const SHAPES = {
  Reshape: reshape,
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Transpose: transpose,
  Concat: concat,
  Gather: gather,
  Identity: (_, [data]) => data,
  Dropout: (_, [data]) => data,
  Cast: cast,
  Shape: (_, [{ shape }]) => ({ shape: [shape.length], ints: shape }),
};
