/** Reader of ONNX files (protobuf): the nodes and constants of a graph. Field numbers are those of onnx.proto3. */

/** @typedef {{ shape: number[], floats?: Float32Array<ArrayBuffer>, ints?: number[] }} Constant `ints` for int64 and int32 */
/** @typedef {{ operator: string, inputs: string[], outputs: string[], attributes: Record<string, any> }} Node */
/** @typedef {{ nodes: Node[], constants: Map<string, Constant>, inputs: string[], outputs: string[] }} Graph */

/** Type of float32 tensors. */
export const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const text = new TextDecoder();

/**
 * Return the fields of a message: of each number the list of its values, as numbers or bytes.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Record<number, any[]>}
 */
function fields(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  /** @type {Record<number, any[]>} */
  const found = {};
  while (at < bytes.length) {
    const key = varint();
    const [number, wire] = [key >>> 3, key & 7];
    let value;
    if (wire === 0) value = varint();
    else if (wire === 1) value = view.getFloat64((at += 8) - 8, true);
    else if (wire === 5) value = view.getFloat32((at += 4) - 4, true);
    else {
      const length = varint();
      value = bytes.subarray(at, (at += length));
    }
    (found[number] ??= []).push(value);
  }
  return found;
}

/** Return repeated integers, packed or not. @param {any[]} [values] @returns {number[]} */
function integers(values = []) {
  return values.flatMap((value) => {
    if (typeof value === "number") return [value];
    const out = [];
    for (let at = 0; at < value.length;) {
      let number = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = value[at++];
        number |= BigInt(byte & 127) << shift;
        if (byte < 128) break;
      }
      out.push(Number(BigInt.asIntN(64, number)));
    }
    return out;
  });
}

/** @param {any[]} [values] packed or not @returns {Float32Array<ArrayBuffer>} */
const floats = (values = []) =>
  typeof values[0] === "number" ? Float32Array.from(values) : new Float32Array(values[0]?.slice().buffer ?? []);

/** @param {Uint8Array<ArrayBuffer>} bytes of a TensorProto @returns {Constant} */
function readTensor(bytes) {
  const { 1: dims, 2: [type] = [0], 4: floatData, 5: int32Data, 7: int64Data, 9: raw, 14: location } = fields(bytes);
  if (location?.[0]) throw new Error("got a graph with weights in another file; allowed: one file; export it as one");
  const shape = integers(dims);
  const content = raw?.[0].slice().buffer;
  if (type === FLOAT) return { shape, floats: content ? new Float32Array(content) : floats(floatData) };
  if (type === INT64)
    return { shape, ints: content ? Array.from(new BigInt64Array(content), Number) : integers(int64Data) };
  if (type === INT32) return { shape, ints: content ? [...new Int32Array(content)] : integers(int32Data) };
  throw new Error(`got a constant of ONNX type ${type}; allowed: float32, int32, int64; export it with these`);
}

/** @param {Uint8Array<ArrayBuffer>} bytes of an AttributeProto @returns {[string, any]} */
function readAttribute(bytes) {
  const {
    1: [name],
    2: f,
    3: i,
    4: s,
    5: t,
    7: manyFloats,
    8: manyInts,
    20: [type] = [0],
  } = fields(bytes);
  /** @type {Record<number, () => any>} */
  const values = {
    1: () => f?.[0] ?? 0,
    2: () => i?.[0] ?? 0,
    3: () => text.decode(s?.[0]),
    4: () => readTensor(t[0]),
    6: () => [...floats(manyFloats)],
    7: () => integers(manyInts),
  };
  return [text.decode(name), values[type]?.()];
}

/**
 * Read a model.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Graph}
 */
export function readModel(bytes) {
  const { 1: nodes = [], 5: initializers = [], 11: inputs = [], 12: outputs = [] } = fields(fields(bytes)[7][0]);
  const names = (/** @type {any[]} */ values = []) => values.map((value) => text.decode(value));
  const named = (/** @type {any[]} */ values) => values.map((value) => text.decode(fields(value)[1][0]));
  const constants = new Map(initializers.map((each) => [text.decode(fields(each)[8][0]), readTensor(each)]));
  return {
    nodes: nodes.map((each) => {
      const { 1: from, 2: to, 4: operator, 5: attributes = [] } = fields(each);
      return {
        operator: text.decode(operator[0]),
        inputs: names(from),
        outputs: names(to),
        attributes: Object.fromEntries(attributes.map(readAttribute)),
      };
    }),
    constants,
    inputs: named(inputs).filter((name) => !constants.has(name)),
    outputs: named(outputs),
  };
}
