import { createRequire } from "node:module";
import { PEERS_FOLDER } from "./peers.ts";

/** A message of `onnx.proto`, as plain fields. */
export type OnnxMessage = Record<string, unknown>;

/** The part of the package `onnx-proto` that is used here. */
interface OnnxProto {
  ModelProto: {
    fromObject(fields: OnnxMessage): OnnxMessage;
    encode(message: OnnxMessage): { finish(): Uint8Array };
  };
}

const OPSET_VERSION = 13;
const IR_VERSION = 7;
/** Types of the elements of a tensor. */
const ELEMENT_TYPES = { float32: 1, int64: 7 };
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** Writes a graph, given as the fields of a `GraphProto`, as an ONNX file. */
export async function writeOnnxGraph(graph: OnnxMessage, path: string): Promise<void> {
  const { onnx } = createRequire(PEERS_FOLDER)("onnx-proto") as { onnx: OnnxProto };
  const { ModelProto } = onnx;
  const model = ModelProto.fromObject({
    irVersion: IR_VERSION,
    producerName: "lastlayer bench",
    opsetImport: [{ domain: "", version: OPSET_VERSION }],
    graph,
  });
  await Deno.writeFile(path, ModelProto.encode(model).finish());
}

/** A constant of float32, as a graph's `initializer` lists it. */
export function makeOnnxConstant(
  name: string,
  dims: number[],
  values: Iterable<number>,
): OnnxMessage {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return { name, dims, dataType: ELEMENT_TYPES.float32, rawData };
}

/** A constant vector of int64, such as a shape. */
export function makeOnnxIntegers(name: string, values: readonly number[]): OnnxMessage {
  const dataType = ELEMENT_TYPES.int64;
  return { name, dims: [values.length], dataType, int64Data: [...values] };
}

/** A value of a graph, as its `input` and `output` list it; a size that is open has a name. */
export function describeOnnxValue(
  name: string,
  shape: readonly (number | string)[],
  type: keyof typeof ELEMENT_TYPES = "float32",
): OnnxMessage {
  const dim = shape.map((size) =>
    typeof size === "string" ? { dimParam: size } : { dimValue: size }
  );
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

/** An attribute of a node. */
export function makeOnnxInteger(name: string, value: number): OnnxMessage {
  return { name, i: value, type: ATTRIBUTE_INT };
}

/** An attribute of a node that is a list. */
export function makeOnnxList(name: string, values: readonly (number | undefined)[]): OnnxMessage {
  return { name, ints: values, type: ATTRIBUTE_INTS };
}

/**
 * TensorFlow's SAME padding along one axis: the odd zero stands last.
 *
 * @param length of the input
 * @param reach of the window, holes included
 * @returns zeros before and after
 */
export function padSame(
  length: number,
  { reach, stride }: { reach: number; stride: number },
): [number, number] {
  const steps = Math.ceil(length / stride) - 1;
  const total = Math.max(steps * stride + reach - length, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Padding as ONNX wants it: top, left, bottom, right. */
export function makeOnnxPads(pads: readonly (readonly [number, number])[]): OnnxMessage {
  const ints = [...pads.map(([before]) => before), ...pads.map(([, after]) => after)];
  return makeOnnxList("pads", ints);
}
