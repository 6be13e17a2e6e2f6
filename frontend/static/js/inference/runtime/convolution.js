/** Conv and ConvTranspose of images, as products of matrices with patches (im2col, col2im), image by image. */

import { sizeOf } from "./arena.js";

/** @typedef {import("./arena.js").Arena} Arena */
/** @typedef {import("./arena.js").Floats} Floats */
/** @typedef {{ kernel: number[], strides: number[], pads: number[], dilations: number[] }} Window pads: top, left, bottom, right */

/**
 * Read the window of a convolution.
 * @param {Record<string, any>} attributes
 * @param {number[]} kernel height and width
 * @returns {Window}
 */
function windowOf({ strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1] }, kernel) {
  return { kernel, strides, pads, dilations };
}

/** Return the reason why a convolution is not computed here, or "". @param {Record<string, any>} attributes @param {number[]} weight */
export function convolutionProblem({ auto_pad: padding = "NOTSET", output_shape: fixed }, weight) {
  if (weight?.length !== 4) return "of other than 2 dimensions";
  if (padding !== "NOTSET" && padding !== "VALID") return `with auto_pad ${padding}`;
  return fixed ? "with output_shape" : "";
}

/**
 * Visit the places of the window in each channel: the positions at which the place lies inside the image, as index of
 * the first number among the patches and in the image, and the number of rows and columns of positions.
 * @param {Window} window
 * @param {number[]} image height and width
 * @param {number[]} positions height and width
 * @param {number} channels
 * @param {(patch: number, image: number, rows: number, columns: number) => void} visit
 */
function eachPlace({ kernel, strides, pads, dilations }, image, positions, channels, visit) {
  const [rows, columns] = [0, 1].map((axis) =>
    Array.from({ length: kernel[axis] }, (_, at) => {
      const start = at * dilations[axis] - pads[axis];
      const first = Math.max(0, Math.ceil(-start / strides[axis]));
      const last = Math.min(positions[axis] - 1, Math.floor((image[axis] - 1 - start) / strides[axis]));
      return { first, count: last - first + 1, at: first * strides[axis] + start };
    }),
  );
  for (let channel = 0, patch = 0; channel < channels; channel += 1) {
    for (const y of rows) {
      for (const x of columns) {
        const at = (channel * image[0] + y.at) * image[1] + x.at;
        if (y.count > 0 && x.count > 0) visit(patch + y.first * positions[1] + x.first, at, y.count, x.count);
        patch += positions[0] * positions[1];
      }
    }
  }
}

/**
 * @param {Arena} arena
 * @param {Floats[]} inputs image (n, c, h, w), weight (out, c / groups, kh, kw), bias (out) or none
 * @param {Record<string, any>} attributes
 * @returns {Floats}
 */
export function conv(arena, [image, weight, bias], attributes) {
  const [n, channels, height, width] = image.shape;
  const [outputs, inGroup, ...kernel] = weight.shape;
  const groups = channels / inGroup;
  const area = windowOf(attributes, kernel);
  const [rows, columns] = [0, 1].map((axis) => {
    const reach = area.dilations[axis] * (kernel[axis] - 1) + 1;
    const padded = image.shape[2 + axis] + area.pads[axis] + area.pads[2 + axis];
    return Math.floor((padded - reach) / area.strides[axis]) + 1;
  });
  const depth = inGroup * sizeOf(kernel);
  const positions = rows * columns;
  const out = arena.empty([n, outputs, rows, columns]);
  const patches = arena.empty([depth, positions]);
  const perGroup = outputs / groups;
  const [down, across] = [area.strides[0] * width, area.strides[1]];
  fillBias(arena, out, bias);
  for (let part = 0; part < n * groups; part += 1) {
    const from = arena.view(image).subarray(part * inGroup * height * width);
    const to = arena.view(patches).fill(0);
    eachPlace(area, [height, width], [rows, columns], inGroup, (patch, at, high, wide) => {
      for (let y = 0; y < high; y += 1) {
        const [line, start] = [patch + y * columns, at + y * down];
        for (let x = 0; x < wide; x += 1) to[line + x] = from[start + x * across];
      }
    });
    const group = part % groups;
    const target = out.at + 4 * part * perGroup * positions;
    arena.kernel.gemm(perGroup, positions, depth, weight.at + 4 * group * perGroup * depth, patches.at, target);
  }
  return out;
}

/**
 * @param {Arena} arena
 * @param {Floats[]} inputs image (n, c, h, w), weight turned by `turnWeight` (groups, out / groups kh kw, c / groups),
 *   bias (out) or none
 * @param {Record<string, any>} attributes with `kernel`, `group`
 * @returns {Floats}
 */
export function convTranspose(arena, [image, weight, bias], attributes) {
  const [n, , rows, columns] = image.shape;
  const { kernel, group: groups, output_padding: extra = [0, 0] } = attributes;
  const [, depth, inGroup] = weight.shape;
  const perGroup = depth / sizeOf(kernel);
  const area = windowOf(attributes, kernel);
  const [height, width] = [0, 1].map((axis) => {
    const reach = area.dilations[axis] * (kernel[axis] - 1) + 1;
    const whole = area.strides[axis] * (image.shape[2 + axis] - 1) + extra[axis] + reach;
    return whole - area.pads[axis] - area.pads[2 + axis];
  });
  const out = arena.empty([n, groups * perGroup, height, width]);
  const patches = arena.empty([depth, rows * columns]);
  const { gemm, scatter } = arena.kernel;
  const [down, across] = [4 * area.strides[0] * width, 4 * area.strides[1]];
  fillBias(arena, out, bias);
  for (let part = 0; part < n * groups; part += 1) {
    arena.view(patches).fill(0);
    const source = image.at + 4 * part * inGroup * rows * columns;
    gemm(depth, rows * columns, inGroup, weight.at + 4 * (part % groups) * depth * inGroup, source, patches.at);
    const target = out.at + 4 * part * perGroup * height * width;
    eachPlace(area, [height, width], [rows, columns], perGroup, (patch, at, high, wide) =>
      scatter(high, wide, patches.at + 4 * patch, 4 * columns, target + 4 * at, down, across),
    );
  }
  return out;
}

/**
 * Turn a weight of ConvTranspose (c, out / groups, kh, kw) to (groups, out / groups kh kw, c / groups).
 * @param {Float32Array} values
 * @param {number[]} shape
 * @param {number} groups
 * @returns {{ shape: number[], floats: Float32Array<ArrayBuffer> }}
 */
export function turnWeight(values, [channels, ...rest], groups) {
  const depth = sizeOf(rest);
  const inGroup = channels / groups;
  const floats = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const start = Math.floor(channel / inGroup) * depth * inGroup + (channel % inGroup);
    for (let k = 0; k < depth; k += 1) floats[start + k * inGroup] = values[channel * depth + k];
  }
  return { shape: [groups, depth, inGroup], floats };
}

/** @param {Arena} arena @param {Floats} out @param {Floats | undefined} bias */
function fillBias(arena, out, bias) {
  const to = arena.view(out);
  if (!bias) return to.fill(0);
  const [, channels, height, width] = out.shape;
  const offsets = arena.view(bias);
  for (let i = 0; i < to.length; i += height * width) {
    to.fill(offsets[(i / (height * width)) % channels], i, i + height * width);
  }
  return to;
}
