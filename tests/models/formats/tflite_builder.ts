/** Writes small TensorFlow Lite files for tests, with the schema's own field numbers. */
import { Builder } from "flatbuffers";
import { BUILTIN_OPERATORS } from "../../../models/formats/tflite_schema.ts";

type TensorData = Float32Array | Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array;

export interface TensorSpec {
  shape: number[];
  /** `float32` where nothing is said. */
  type?: keyof typeof TENSOR_TYPES;
  /** Makes the tensor a constant. */
  data?: TensorData;
  scales?: number[];
  zeroPoints?: number[];
  axis?: number;
}

/** Fields of an options table by their position: `int8` also serves enums and booleans. */
export interface OptionsSpec {
  /** Position in the schema's union `BuiltinOptions`. */
  union: number;
  fields: ({ int8: number } | { int32: number } | { float32: number })[];
}

export interface OperatorSpec {
  /** As in the schema, or any other name for a custom operator. */
  name: string;
  inputs: number[];
  outputs: number[];
  options?: OptionsSpec;
}

export interface TfliteSpec {
  tensors: TensorSpec[];
  operators: OperatorSpec[];
  inputs: number[];
  outputs: number[];
}

const TENSOR_TYPES = {
  float32: 0,
  float16: 1,
  int32: 2,
  uint8: 3,
  int64: 4,
  bool: 6,
  int16: 7,
  int8: 9,
} as const;
const CUSTOM = 32;

/** The bytes of a TensorFlow Lite file with one subgraph. */
export function buildTflite(spec: TfliteSpec): Uint8Array {
  const builder = new Builder(1024);
  const names = [...new Set(spec.operators.map(({ name }) => name))];
  // Buffer 0 is the empty one of every computed tensor.
  const constants = spec.tensors.filter(({ data }) => data !== undefined);
  const buffers = addTables(builder, [undefined, ...constants.map(({ data }) => data)], addBuffer);
  const codes = addTables(builder, names, addOperatorCode);
  const tensors = addTables(builder, spec.tensors, (_, tensor) => {
    return addTensor(builder, { tensor, buffer: constants.indexOf(tensor) + 1 });
  });
  const operators = addTables(builder, spec.operators, (_, operator) => {
    return addOperator(builder, { operator, code: names.indexOf(operator.name) });
  });
  const inputs = addInt32s(builder, spec.inputs);
  const outputs = addInt32s(builder, spec.outputs);
  builder.startObject(5);
  builder.addFieldOffset(0, tensors, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldOffset(3, operators, 0);
  const subgraphs = addOffsets(builder, [builder.endObject()]);
  builder.startObject(5);
  builder.addFieldInt32(0, 3, 0);
  builder.addFieldOffset(1, codes, 0);
  builder.addFieldOffset(2, subgraphs, 0);
  builder.addFieldOffset(4, buffers, 0);
  builder.finish(builder.endObject(), "TFL3");
  return builder.asUint8Array().slice();
}

function addBuffer(builder: Builder, data: TensorData | undefined): number {
  let vector = 0;
  if (data) {
    builder.startVector(1, data.byteLength, 16);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (const byte of [...bytes].reverse()) builder.addInt8(byte);
    vector = builder.endVector();
  }
  builder.startObject(3);
  builder.addFieldOffset(0, vector, 0);
  return builder.endObject();
}

function addOperatorCode(builder: Builder, name: string): number {
  const found = BUILTIN_OPERATORS.indexOf(name);
  const code = found < 0 ? CUSTOM : found;
  const customName = found < 0 ? builder.createString(name) : 0;
  builder.startObject(4);
  builder.addFieldInt8(0, Math.min(code, 127), 0);
  builder.addFieldOffset(1, customName, 0);
  builder.addFieldInt32(3, code, 0);
  return builder.endObject();
}

function addTensor(
  builder: Builder,
  { tensor, buffer }: { tensor: TensorSpec; buffer: number },
): number {
  const shape = addInt32s(builder, tensor.shape);
  const quantization = tensor.scales ? addQuantization(builder, tensor) : 0;
  builder.startObject(6);
  builder.addFieldOffset(0, shape, 0);
  builder.addFieldInt8(1, TENSOR_TYPES[tensor.type ?? "float32"], 0);
  builder.addFieldInt32(2, buffer, 0);
  builder.addFieldOffset(4, quantization, 0);
  return builder.endObject();
}

function addQuantization(builder: Builder, tensor: TensorSpec): number {
  const scales = addVector(builder, { values: tensor.scales ?? [], bytes: 4 }, (value) => {
    builder.addFloat32(value);
  });
  const zeroPoints = addVector(builder, { values: tensor.zeroPoints ?? [], bytes: 8 }, (value) => {
    builder.addInt64(BigInt(value));
  });
  builder.startObject(7);
  builder.addFieldOffset(2, scales, 0);
  builder.addFieldOffset(3, zeroPoints, 0);
  builder.addFieldInt32(6, tensor.axis ?? 0, 0);
  return builder.endObject();
}

function addOperator(
  builder: Builder,
  { operator, code }: { operator: OperatorSpec; code: number },
): number {
  const inputs = addInt32s(builder, operator.inputs);
  const outputs = addInt32s(builder, operator.outputs);
  const options = operator.options ? addOptions(builder, operator.options) : 0;
  builder.startObject(5);
  builder.addFieldInt32(0, code, 0);
  builder.addFieldOffset(1, inputs, 0);
  builder.addFieldOffset(2, outputs, 0);
  builder.addFieldInt8(3, operator.options?.union ?? 0, 0);
  builder.addFieldOffset(4, options, 0);
  return builder.endObject();
}

function addOptions(builder: Builder, { fields }: OptionsSpec): number {
  builder.startObject(fields.length);
  for (const [index, field] of fields.entries()) {
    // The impossible default makes the builder write every value.
    if ("int8" in field) builder.addFieldInt8(index, field.int8, NaN);
    else if ("int32" in field) builder.addFieldInt32(index, field.int32, NaN);
    else builder.addFieldFloat32(index, field.float32, NaN);
  }
  return builder.endObject();
}

function addTables<T>(
  builder: Builder,
  items: T[],
  add: (builder: Builder, item: T) => number,
): number {
  return addOffsets(builder, items.map((item) => add(builder, item)));
}

function addOffsets(builder: Builder, offsets: number[]): number {
  return addVector(builder, { values: offsets, bytes: 4 }, (offset) => builder.addOffset(offset));
}

function addInt32s(builder: Builder, values: number[]): number {
  return addVector(builder, { values, bytes: 4 }, (value) => builder.addInt32(value));
}

/** FlatBuffers are written from their end to their start. */
function addVector(
  builder: Builder,
  { values, bytes }: { values: number[]; bytes: number },
  add: (value: number) => void,
): number {
  builder.startVector(bytes, values.length, bytes);
  for (const value of [...values].reverse()) add(value);
  return builder.endVector();
}
