import type { ConvNode, Graph, GraphNode, ValueId, Weight } from "../models/formats/graph.ts";
import {
  describeOnnxValue,
  makeOnnxConstant,
  makeOnnxInteger,
  makeOnnxIntegers,
  makeOnnxList,
  makeOnnxPads,
  type OnnxMessage,
  padSame,
  writeOnnxGraph,
} from "./onnx_messages.ts";

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
        this.#initializers.push(makeOnnxIntegers(shape, node.shape));
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
      makeOnnxList("kernel_shape", [kernelHeight, kernelWidth]),
      makeOnnxList("strides", strides),
      makeOnnxList("dilations", dilations),
      makeOnnxPads(this.#computePads(node)),
      makeOnnxInteger("group", isDepthwise ? channels : 1),
    ];
    if (activation === "linear") return this.#add("Conv", inputs, output, attributes);
    if (activation !== "relu6") {
      throw new RangeError(`Cannot write ONNX as ${node.origin} ends in ${activation}`);
    }
    const sum = `sum_${output}`;
    this.#nodes.push({ opType: "Conv", input: inputs, output: [sum], attribute: attributes });
    this.#add("Clip", [sum, "zero", "six"], output);
  }

  /** Zeros before and after, down and across. */
  #computePads({ input, filter, strides, dilations, padding }: ConvNode): [number, number][] {
    return [0, 1].map((axis): [number, number] => {
      if (padding === "valid") return [0, 0];
      if (padding !== "same") return padding[axis] ?? [0, 0];
      const reach = ((filter.shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
      const length = this.#shape(input)[axis + 1] ?? 0;
      return padSame(length, { reach, stride: strides[axis] ?? 1 });
    });
  }

  #add(opType: string, input: string[], output: ValueId, attribute: OnnxMessage[] = []): void {
    this.#nodes.push({ opType, input, output: [this.#name(output)], attribute });
  }

  #addConstant(name: string, dims: number[], values: Iterable<number>): void {
    this.#initializers.push(makeOnnxConstant(name, dims, values));
  }

  #name(id: ValueId): string {
    if (id === this.#graph.input) return "input";
    return id === this.#graph.logits ? OUTPUT_NAME : `value_${id}`;
  }

  #shape(id: ValueId): number[] {
    return this.#graph.shapes.get(id) ?? [];
  }
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
