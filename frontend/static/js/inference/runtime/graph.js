/** Axiscope's own runtime for decoders: ONNX graphs of few operators, with products of matrices in WebAssembly. */

import { Arena } from "./arena.js";
import { conv, convTranspose, convolutionProblem, turnWeight } from "./convolution.js";
import { NUMBERS, resizeProblem } from "./numbers.js";
import { readModel } from "./onnx.js";
import { SHAPES } from "./shapes.js";

/** @typedef {import("./onnx.js").Graph} Graph */
/** @typedef {import("./onnx.js").Node} Node */
/** @typedef {import("./onnx.js").Constant} Constant */
/** @typedef {import("./arena.js").Tensor} Tensor */

/** @type {Record<string, import("./shapes.js").Operator>} */
export const OPERATORS = { ...SHAPES, ...NUMBERS, Conv: conv, ConvTranspose: convTranspose };

/**
 * Return why a node is not computed here, or "".
 * @param {Node} node
 * @param {Map<string, Constant>} constants
 */
function problemOf({ operator, inputs, attributes }, constants) {
  if (!(operator in OPERATORS)) return operator;
  const weight = constants.get(inputs[1]);
  let reason = "";
  if (operator.startsWith("Conv")) reason = convolutionProblem(attributes, weight?.shape ?? []);
  else if (operator === "Resize") reason = resizeProblem(attributes);
  else if (operator === "MatMul" && weight?.shape.length !== 2) reason = "of two inputs";
  else if (operator === "Gemm") {
    const { alpha = 1, beta = 1, transA: turned = 0 } = attributes;
    if (!weight || turned || alpha !== 1 || beta !== 1) reason = "with factors or a transposed input";
  }
  return reason && `${operator} ${reason}`;
}

/** Return the constant that a node reads in the order in which it is computed here. @param {Node} node @param {Constant} weight */
function turned({ operator, attributes }, weight) {
  const { floats, shape } = weight;
  if (!floats) return weight;
  if (operator === "Gemm" && attributes.transB) {
    const [rows, columns] = shape;
    const out = new Float32Array(floats.length);
    for (let i = 0; i < out.length; i += 1) out[(i % columns) * rows + Math.floor(i / columns)] = floats[i];
    return { shape: [columns, rows], floats: out };
  }
  if (operator === "ConvTranspose") return turnWeight(floats, shape, attributes.group ?? 1);
  return weight;
}

/** Put the values of Constant nodes among the constants. @param {Graph} graph */
function foldConstants({ nodes, constants }) {
  for (const { outputs, attributes } of nodes.filter(({ operator }) => operator === "Constant")) {
    const { value, value_float: float, value_int: int, value_ints: ints } = attributes;
    /** @type {Constant | undefined} */
    let found = value;
    if (float !== undefined) found = { shape: [], floats: Float32Array.of(float) };
    if (int !== undefined) found = { shape: [], ints: [int] };
    if (ints !== undefined) found = { shape: [ints.length], ints };
    if (found) constants.set(outputs[0], found);
  }
  return nodes.filter(({ outputs, operator }) => operator !== "Constant" || !constants.has(outputs[0]));
}

/**
 * Prepare a decoder.
 * @param {Uint8Array<ArrayBuffer>} model ONNX file
 * @param {BufferSource} kernel `kernel.wasm`
 * @returns {Promise<(latent: Float32Array, rows: number) => Float32Array>} from latents (rows, d) to images (rows, ...);
 *   the images are valid until the next call
 * @throws {Error} if the graph has operators that are not computed here; it names them
 */
export async function createDecoder(model, kernel) {
  const graph = readModel(model);
  const nodes = foldConstants(graph);
  const problems = new Set(nodes.map((node) => problemOf(node, graph.constants)).filter(Boolean));
  if (problems.size) throw new Error(`not in Axiscope's own runtime: ${[...problems].join(", ")}`);
  const arena = new Arena((await WebAssembly.instantiate(kernel)).instance);
  const [input, output] = [graph.inputs[0], graph.outputs[0]];
  const keep = (/** @type {Constant} */ { shape, floats, ints }) =>
    floats ? arena.put(shape, floats) : { shape, ints: /** @type {number[]} */ (ints) };
  /** @type {Map<string, Tensor>} */
  const constants = new Map();
  const steps = nodes.map(({ operator, inputs, outputs, attributes }) => {
    const names = inputs.map((name, at) => {
      const constant = graph.constants.get(name);
      if (!constant) return name;
      const own = at === 1 ? turned({ operator, inputs, outputs, attributes }, constant) : constant;
      const key = own === constant ? name : `${name} of ${outputs[0]}`;
      if (!constants.has(key)) constants.set(key, keep(own));
      return key;
    });
    const weight = graph.constants.get(inputs[1]);
    const known =
      operator === "ConvTranspose" ? { group: 1, ...attributes, kernel: weight?.shape.slice(2) } : attributes;
    return { run: OPERATORS[operator], names, output: outputs[0], attributes: known };
  });
  arena.keep();

  return (latent, rows) => {
    arena.reset();
    const values = new Map(constants);
    values.set(input, arena.put([rows, latent.length / rows], latent));
    for (const { run, names, output: to, attributes } of steps) {
      values.set(
        to,
        run(
          arena,
          names.map((name) => values.get(name)),
          attributes,
        ),
      );
    }
    return arena.view(/** @type {import("./arena.js").Floats} */ (values.get(output)));
  };
}
