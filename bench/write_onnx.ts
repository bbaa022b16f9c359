import { createRequire } from "node:module";
import type { ConvNode, Graph, GraphNode, ValueId, Weight } from "../models/formats/graph.ts";
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

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
const OPSET_VERSION = 13;
const IR_VERSION = 7;

/** Name of the output of {@linkcode writeOnnx}'s file; its input is called `input`. */
const OUTPUT_NAME = "logits";

/**
 * Writes a network as an ONNX file in the layout that ONNX users have: channels first, batch norm
 * folded, `Conv` with bias followed by `Clip(0, 6)`. ONNX Runtime fuses those two by itself. The
 * file has one input `input` of `[1, channels, height, width]` and one output `logits`.
 *
 * @throws {RangeError} if the network has an operation that MobileNetV2 does not need
 */
export async function writeOnnx(graph: Graph, path: string): Promise<void> {
  await writeOnnxGraph(new OnnxGraphWriter(graph).write(), path);
}

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

class OnnxGraphWriter {
  readonly #graph: Graph;
  readonly #nodes: OnnxMessage[] = [];
  readonly #initializers: OnnxMessage[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  write(): OnnxMessage {
    const { inputShape, nodes, logits, classCount } = this.#graph;
    this.#addConstant("zero", [], [0]);
    this.#addConstant("six", [], [6]);
    for (const node of nodes) {
      this.#writeNode(node);
      if (node.output === logits) break;
    }
    const [n = 1, height = 0, width = 0, channels = 0] = inputShape;
    return {
      name: "graph",
      node: this.#nodes,
      initializer: this.#initializers,
      input: [describeOnnxValue("input", [n, channels, height, width])],
      output: [describeOnnxValue(OUTPUT_NAME, [n, classCount])],
    };
  }

  #writeNode(node: GraphNode): void {
    const { output } = node;
    switch (node.op) {
      case "conv2d":
      case "depthwise_conv2d":
        return this.#writeConvolution(node);
      case "add": {
        const names = node.inputs.map((input) => {
          if (typeof input === "number") return this.#name(input);
          throw new RangeError(`Cannot write ONNX as ${node.origin} adds a constant`);
        });
        return this.#add("Add", names, output);
      }
      case "average_pool": {
        const [, height, width] = this.#shape(node.input);
        if (node.window[0] !== height || node.window[1] !== width) break;
        return this.#add("GlobalAveragePool", [this.#name(node.input)], output);
      }
      case "reshape": {
        const [, height, width] = this.#shape(node.input);
        // Only here is the order of the values the same in both layouts.
        if (height !== 1 || width !== 1) break;
        const shape = `shape_${output}`;
        this.#addConstant(shape, [node.shape.length], node.shape, INT64);
        return this.#add("Reshape", [this.#name(node.input), shape], output);
      }
    }
    throw new RangeError(`Cannot write ONNX as this is not supported: ${node.origin}`);
  }

  #writeConvolution(node: ConvNode): void {
    const { input, output, filter, bias, strides, dilations, activation } = node;
    const isDepthwise = node.op === "depthwise_conv2d";
    const [kernelHeight = 0, kernelWidth = 0, channels = 0] = filter.shape;
    const weights = toChannelsFirst(filter, isDepthwise);
    this.#addConstant(`weights_${output}`, weights.shape, weights.values);
    const inputs = [this.#name(input), `weights_${output}`];
    if (bias) {
      this.#addConstant(`bias_${output}`, bias.shape, bias.values);
      inputs.push(`bias_${output}`);
    }
    const attributes = [
      { name: "kernel_shape", ints: [kernelHeight, kernelWidth], type: ATTRIBUTE_INTS },
      { name: "strides", ints: strides, type: ATTRIBUTE_INTS },
      { name: "dilations", ints: dilations, type: ATTRIBUTE_INTS },
      { name: "pads", ints: this.#computePads(node), type: ATTRIBUTE_INTS },
      { name: "group", i: isDepthwise ? channels : 1, type: ATTRIBUTE_INT },
    ];
    if (activation === "linear") return this.#add("Conv", inputs, output, attributes);
    if (activation !== "relu6") {
      throw new RangeError(`Cannot write ONNX as ${node.origin} ends in ${activation}`);
    }
    const sum = `sum_${output}`;
    this.#nodes.push({ opType: "Conv", input: inputs, output: [sum], attribute: attributes });
    this.#add("Clip", [sum, "zero", "six"], output);
  }

  /** Padding as ONNX wants it: top, left, bottom, right. TensorFlow puts the odd one last. */
  #computePads({ input, output, filter, strides, dilations, padding }: ConvNode): number[] {
    const pads = [0, 1].map((axis): [number, number] => {
      if (padding === "valid") return [0, 0];
      if (padding !== "same") return padding[axis] ?? [0, 0];
      const reach = ((filter.shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
      const steps = (this.#shape(output)[axis + 1] ?? 1) - 1;
      const length = this.#shape(input)[axis + 1] ?? 0;
      const total = Math.max(steps * (strides[axis] ?? 1) + reach - length, 0);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
    return [...pads.map(([before]) => before), ...pads.map(([, after]) => after)];
  }

  #add(opType: string, input: string[], output: ValueId, attribute: OnnxMessage[] = []): void {
    this.#nodes.push({ opType, input, output: [this.#name(output)], attribute });
  }

  #addConstant(name: string, dims: number[], values: Iterable<number>, dataType = FLOAT): void {
    this.#initializers.push(
      dataType === INT64
        ? { name, dims, dataType, int64Data: [...values] }
        : makeOnnxConstant(name, dims, values),
    );
  }

  #name(id: ValueId): string {
    if (id === this.#graph.input) return "input";
    return id === this.#graph.logits ? OUTPUT_NAME : `value_${id}`;
  }

  #shape(id: ValueId): number[] {
    return this.#graph.shapes.get(id) ?? [];
  }
}

/** A constant of float32, as a graph's `initializer` lists it. */
export function makeOnnxConstant(
  name: string,
  dims: number[],
  values: Iterable<number>,
): OnnxMessage {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return { name, dims, dataType: FLOAT, rawData };
}

/** A float32 value of a graph, as its `input` and `output` list it. */
export function describeOnnxValue(name: string, shape: number[]): OnnxMessage {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

/**
 * `[height, width, in, out]` -> `[out, in, height, width]`; depthwise
 * `[height, width, channels, multiplier]` -> `[channels * multiplier, 1, height, width]`.
 */
export function toChannelsFirst({ shape, values }: Weight, isDepthwise: boolean): Weight {
  const [height = 0, width = 0, third = 0, last = 0] = shape;
  const area = height * width;
  const reordered = new Float32Array(values.length);
  for (let position = 0; position < area; position++) {
    for (let i = 0; i < third; i++) {
      for (let j = 0; j < last; j++) {
        const row = isDepthwise ? i * last + j : j * third + i;
        reordered[row * area + position] = values[(position * third + i) * last + j] ?? 0;
      }
    }
  }
  const rows = isDepthwise ? [third * last, 1] : [last, third];
  return { shape: [...rows, height, width], values: reordered };
}
