import { FlatTable } from "./flatbuffer_table.ts";
import * as schema from "./tflite_schema.ts";

const TENSORS_MAX = 20_000;
const OPERATORS_MAX = 20_000;
const OPERATOR_TENSORS_MAX = 1_000;
const RANK_MAX = 8;
/** One scale per channel; no known network has a wider layer. */
const CHANNELS_MAX = 1_000_000;

/** `real = scale * (stored - zeroPoint)`; one scale, or one for each index along `axis`. */
export interface Quantization {
  /** One or more. */
  scales: number[];
  /** None, or as many as there are scales; 0 where there are none. */
  zeroPoints: number[];
  /** Only where there are several scales. */
  axis: number;
}

/** A value of the network; a constant where it has data. */
export interface TfliteTensor {
  /** Sizes of the axes, as the file declares them. */
  shape: number[];
  /** How its values are stored. */
  type: schema.TensorType | "unknown";
  /** Row-major, little endian; a view on the file. Empty where the value is computed. */
  data: Uint8Array;
  /** How integers stand for real values. */
  quantization: Quantization | undefined;
}

/** One operator of the file. */
export interface TfliteOperator {
  /** As in the schema (`CONV_2D`); `custom NAME` where the operator is not built in. */
  name: string;
  /** `operator 12 (CONV_2D)`, for messages. */
  origin: string;
  /** Indices of tensors; -1 stands for an optional input that is left out. */
  inputs: number[];
  /** Indices of tensors. */
  outputs: number[];
  /** Fields are numbered in `tflite_schema.ts`. */
  options: FlatTable;
}

/** A TensorFlow Lite file with one subgraph, as it stands. */
export interface TfliteModel {
  /** Constants and computed values; operators name them by their index. */
  tensors: TfliteTensor[];
  /** In the order in which they run. */
  operators: TfliteOperator[];
  /** Indices of tensors. */
  inputs: number[];
  /** Indices of tensors. */
  outputs: number[];
}

/**
 * Reads the structure of a TensorFlow Lite file. Indices of tensors are checked; whether the
 * operators make sense is for `readTfliteGraph()`.
 *
 * @throws {SyntaxError} if the bytes are not a TensorFlow Lite file, version 3, with one subgraph
 */
export function readTflite(bytes: Uint8Array): TfliteModel {
  const model = FlatTable.root(bytes, schema.FILE_IDENTIFIER);
  const version = model.uint32(schema.MODEL.version);
  if (version !== 3) throw new SyntaxError(`its schema's version must be 3: found ${version}`);
  const codes = model.tables(schema.MODEL.operatorCodes, OPERATORS_MAX).map(readOperatorName);
  const buffers = model.tables(schema.MODEL.buffers, 2 * TENSORS_MAX).map(readBuffer);
  const subgraphs = model.tables(schema.MODEL.subgraphs, OPERATORS_MAX);
  const [subgraph] = subgraphs;
  if (subgraph === undefined || subgraphs.length > 1) {
    throw new SyntaxError(`it must have one subgraph: found ${subgraphs.length}`);
  }
  const tensors = subgraph.tables(schema.SUBGRAPH.tensors, TENSORS_MAX)
    .map((table) => readTensor(table, buffers));
  const operators = subgraph.tables(schema.SUBGRAPH.operators, OPERATORS_MAX)
    .map((table, index) => readOperator(table, { index, codes }));
  const inputs = subgraph.int32s(schema.SUBGRAPH.inputs, OPERATOR_TENSORS_MAX);
  const outputs = subgraph.int32s(schema.SUBGRAPH.outputs, OPERATOR_TENSORS_MAX);
  for (const index of [...inputs, ...outputs, ...operators.flatMap((each) => each.outputs)]) {
    checkIndex(index, { min: 0, count: tensors.length });
  }
  for (const index of operators.flatMap((each) => each.inputs)) {
    checkIndex(index, { min: -1, count: tensors.length });
  }
  return { tensors, operators, inputs, outputs };
}

function readOperatorName(table: FlatTable): string {
  // The first field is a byte; when it ran out at 127, a wider one was added behind.
  const { narrowBuiltin, builtin, customName } = schema.OPERATOR_CODE;
  const value = Math.max(table.int8(narrowBuiltin), table.int32(builtin));
  if (value !== schema.CUSTOM_OPERATOR) return schema.BUILTIN_OPERATORS[value] ?? `code ${value}`;
  const name = table.blob(customName).slice(0, 100);
  return `custom ${new TextDecoder().decode(name)}`;
}

function readBuffer(table: FlatTable): Uint8Array {
  if (table.uint32(schema.BUFFER.offset) > 1) {
    throw new SyntaxError("its weights must lie inside of the flatbuffer");
  }
  return table.blob(schema.BUFFER.data);
}

function readTensor(table: FlatTable, buffers: Uint8Array[]): TfliteTensor {
  const data = buffers[table.uint32(schema.TENSOR.buffer)];
  if (data === undefined) throw new SyntaxError("a tensor names a buffer that does not exist");
  if (table.table(schema.TENSOR.sparsity)) throw new SyntaxError("a tensor is stored sparsely");
  return {
    shape: table.int32s(schema.TENSOR.shape, RANK_MAX),
    type: schema.TENSOR_TYPES[table.int8(schema.TENSOR.type)] ?? "unknown",
    data,
    quantization: readQuantization(table.table(schema.TENSOR.quantization)),
  };
}

function readQuantization(table: FlatTable | undefined): Quantization | undefined {
  const scales = table?.float32s(schema.QUANTIZATION.scales, CHANNELS_MAX) ?? [];
  if (table === undefined || scales.length === 0) return undefined;
  if (table.int8(schema.QUANTIZATION.details) !== 0) {
    throw new SyntaxError("a tensor is quantised in a way of its own");
  }
  const zeroPoints = table.int64s(schema.QUANTIZATION.zeroPoints, CHANNELS_MAX);
  if (zeroPoints.length !== 0 && zeroPoints.length !== scales.length) {
    throw new SyntaxError(
      `a tensor must have one zero point for each scale: found ${zeroPoints.length} for ` +
        `${scales.length} scales`,
    );
  }
  return { scales, zeroPoints, axis: table.int32(schema.QUANTIZATION.axis) };
}

function readOperator(
  table: FlatTable,
  { index, codes }: { index: number; codes: string[] },
): TfliteOperator {
  const name = codes[table.uint32(schema.OPERATOR.code)];
  if (name === undefined) {
    throw new SyntaxError(`operator ${index} names a code that is not listed`);
  }
  return {
    name,
    origin: `operator ${index} (${name})`,
    inputs: table.int32s(schema.OPERATOR.inputs, OPERATOR_TENSORS_MAX),
    outputs: table.int32s(schema.OPERATOR.outputs, OPERATOR_TENSORS_MAX),
    options: table.table(schema.OPERATOR.options) ?? FlatTable.empty(),
  };
}

function checkIndex(index: number, { min, count }: { min: number; count: number }): void {
  if (index < min || index >= count) {
    throw new SyntaxError(`tensors must be numbered below ${count}: found ${index}`);
  }
}
