/** Operators that compute numbers: activations, arithmetic, products of matrices, normalisation, resizing. */

import { sizeOf } from "./arena.js";
import { eachIndex, stridesOf } from "./shapes.js";

/** @typedef {import("./arena.js").Arena} Arena */
/** @typedef {import("./arena.js").Floats} Floats */
/** @typedef {import("./shapes.js").Operator} Operator */

/** @param {(x: number, attributes: any) => number} of @returns {Operator} */
const eachNumber =
  (of) =>
  (arena, [data], attributes) => {
    const out = arena.empty(data.shape);
    const [from, to] = [arena.view(data), arena.view(out)];
    for (let i = 0; i < from.length; i += 1) to[i] = of(from[i], attributes);
    return out;
  };

/** @param {"relu" | "sigmoid"} name @returns {Operator} */
const byKernel =
  (name) =>
  (arena, [data]) => {
    const out = arena.empty(data.shape);
    arena.kernel[name](sizeOf(data.shape), data.at, out.at);
    return out;
  };

/** @type {Operator} */
function clip(arena, [data, low, high], { min, max }) {
  const bound = (/** @type {Floats | undefined} */ given, /** @type {number} */ other) =>
    given?.shape ? arena.view(given)[0] : other;
  const [least, most] = [bound(low, min ?? -Infinity), bound(high, max ?? Infinity)];
  return eachNumber((x) => Math.min(most, Math.max(least, x)))(arena, [data], {});
}

/** Apply a function of two numbers with broadcasting. @param {(a: number, b: number) => number} of @returns {Operator} */
const eachPair =
  (of) =>
  (arena, [left, right]) => {
    const rank = Math.max(left.shape.length, right.shape.length);
    const padded = [left, right].map(({ shape }) => [...new Array(rank - shape.length).fill(1), ...shape]);
    const shape = padded[0].map((side, axis) => (side === 1 ? padded[1][axis] : side));
    const steps = padded.map((own) => stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride)));
    if (left.ints && right.ints) {
      const places = steps.map((step) => /** @type {number[]} */ ([]).concat(listIndices(shape, step)));
      return { shape, ints: places[0].map((at, i) => Math.trunc(of(left.ints[at], right.ints[places[1][i]]))) };
    }
    const out = arena.empty(shape);
    const [a, b, to] = [arena.view(left), arena.view(right), arena.view(out)];
    // equal shapes, or a number with each: no places to compute
    const [stepA, stepB] = [a, b].map(({ length }) => (length === to.length ? 1 : length === 1 ? 0 : NaN));
    if (stepA + stepB >= 0) {
      for (let i = 0; i < to.length; i += 1) to[i] = of(a[i * stepA], b[i * stepB]);
      return out;
    }
    eachIndex(shape, steps[0], (at, i) => (to[i] = a[at]));
    eachIndex(shape, steps[1], (at, i) => (to[i] = of(to[i], b[at])));
    return out;
  };

/** @param {number[]} shape @param {number[]} steps */
function listIndices(shape, steps) {
  /** @type {number[]} */
  const found = [];
  eachIndex(shape, steps, (at) => found.push(at));
  return found;
}

/** a (m, k) times b (k, n), plus c; `b` is not transposed: `prepare` has done that. @type {Operator} */
function gemm(arena, [a, b, c]) {
  const n = b.shape[1];
  const m = sizeOf(a.shape) / b.shape[0];
  const out = arena.empty([...a.shape.slice(0, -1), n]);
  const to = arena.view(out).fill(0);
  if (c) {
    const offsets = arena.view(c);
    for (let i = 0; i < to.length; i += 1) to[i] = offsets[i % offsets.length];
  }
  arena.kernel.gemm(m, n, b.shape[0], a.at, b.at, out.at);
  return out;
}

/** @type {Operator} */
function batchNormalization(arena, [data, ...four], { epsilon = 1e-5 }) {
  const out = arena.empty(data.shape);
  const [scale, offset, mean, variance] = four.map((each) => arena.view(each));
  const [from, to] = [arena.view(data), arena.view(out)];
  const area = sizeOf(data.shape.slice(2));
  for (let start = 0; start < from.length; start += area) {
    const channel = (start / area) % data.shape[1];
    const factor = scale[channel] / Math.sqrt(variance[channel] + epsilon);
    const shift = offset[channel] - mean[channel] * factor;
    for (let i = start; i < start + area; i += 1) to[i] = from[i] * factor + shift;
  }
  return out;
}

/** @type {Record<string, (x: number, scale: number, from: number, to: number) => number>} place in the input */
const PLACES = {
  half_pixel: (x, scale) => (x + 0.5) / scale - 0.5,
  pytorch_half_pixel: (x, scale, _, to) => (to > 1 ? (x + 0.5) / scale - 0.5 : 0),
  asymmetric: (x, scale) => x / scale,
  align_corners: (x, _, from, to) => (to > 1 ? (x * (from - 1)) / (to - 1) : 0),
};
/** @type {Record<string, (x: number) => number>} */
const ROUNDINGS = {
  floor: Math.floor,
  ceil: Math.ceil,
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
};

/** Return the reason why a Resize is not computed here, or "". @param {Record<string, any>} attributes */
export function resizeProblem({
  mode = "nearest",
  coordinate_transformation_mode: place = "half_pixel",
  antialias,
  axes,
}) {
  if (mode !== "nearest" && mode !== "linear") return `with mode ${mode}`;
  return place in PLACES && !antialias && !axes ? "" : "with antialias, axes, or another place of pixels";
}

/** Resize height and width. @type {Operator} */
function resize(arena, [data, , factors, sizes], attributes) {
  const { mode = "nearest", nearest_mode: nearest = "round_prefer_floor" } = attributes;
  const placeOf = PLACES[attributes.coordinate_transformation_mode ?? "half_pixel"];
  const given = factors && sizeOf(factors.shape) ? [...arena.view(factors)] : null;
  const [n, channels, ...from] = data.shape;
  const to = [2, 3].map((axis) => sizes?.ints?.[axis] ?? Math.floor(data.shape[axis] * (given?.[axis] ?? 1)));
  const lines = to.map((size, axis) =>
    Array.from({ length: size }, (_, i) => {
      const x = placeOf(i, given?.[2 + axis] ?? size / from[axis], from[axis], size);
      const inside = (/** @type {number} */ at) => Math.min(from[axis] - 1, Math.max(0, at));
      if (mode === "nearest") return [inside(ROUNDINGS[nearest](x)), inside(ROUNDINGS[nearest](x)), 0];
      const clamped = inside(x);
      return [Math.floor(clamped), inside(Math.floor(clamped) + 1), clamped - Math.floor(clamped)];
    }),
  );
  const out = arena.empty([n, channels, ...to]);
  const [source, target] = [arena.view(data), arena.view(out)];
  let at = 0;
  for (let plane = 0; plane < source.length; plane += from[0] * from[1]) {
    for (const [top, bottom, down] of lines[0]) {
      for (const [left, right, across] of lines[1]) {
        const row = (/** @type {number} */ y) =>
          source[plane + y * from[1] + left] * (1 - across) + source[plane + y * from[1] + right] * across;
        target[at++] = down ? row(top) * (1 - down) + row(bottom) * down : row(top);
      }
    }
  }
  return out;
}

/** @type {Record<string, Operator>} */
export const NUMBERS = {
  Relu: byKernel("relu"),
  LeakyRelu: eachNumber((x, { alpha = 0.01 }) => (x > 0 ? x : alpha * x)),
  Elu: eachNumber((x, { alpha = 1 }) => (x > 0 ? x : alpha * Math.expm1(x))),
  Sigmoid: byKernel("sigmoid"),
  Tanh: eachNumber(Math.tanh),
  Softplus: eachNumber((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Exp: eachNumber(Math.exp),
  Neg: eachNumber((x) => -x),
  Sqrt: eachNumber(Math.sqrt),
  Sin: eachNumber(Math.sin),
  Cos: eachNumber(Math.cos),
  Clip: clip,
  Add: eachPair((a, b) => a + b),
  Sub: eachPair((a, b) => a - b),
  Mul: eachPair((a, b) => a * b),
  Div: eachPair((a, b) => a / b),
  PRelu: eachPair((x, slope) => (x > 0 ? x : slope * x)),
  Gemm: gemm,
  MatMul: gemm,
  BatchNormalization: batchNormalization,
  Resize: resize,
};
