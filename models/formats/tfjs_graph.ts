import * as tf from "@tensorflow/tfjs-core";
import { findGraphOutput } from "./find_graph_output.ts";
import { buildGraph } from "./graph_builder.ts";
import type { Activation, Graph, GraphNode, ValueId, Weight } from "./graph.ts";
import type { ModelFiles } from "./loaded_model.ts";
import {
  readFlag,
  readIntegers,
  readShape,
  readText,
  readTexts,
  readTfjsNodes,
  stripPort,
  type TfjsNode,
} from "./tfjs_attributes.ts";
import { readTfjsFiles, refuse, type TfjsArtifacts } from "./tfjs_files.ts";
import { readInputShape, unsupported } from "./tfjs_model.ts";

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["Relu", "relu"],
  ["Relu6", "relu6"],
]);

/**
 * Reads a graph model of TensorFlow.js whose convolutions and dense layers are fused with their
 * biases and activations, as its converter leaves them, into the form that `GraphRunner` runs and
 * `addGraphLayers()` exports.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming a node of another kind; `model_unusable` if
 * the files are broken
 */
export function readTfjsGraph(files: ModelFiles): Graph {
  const artifacts = readTfjsFiles(files);
  const nodes = readTfjsNodes(artifacts.modelTopology);
  const placeholders = nodes.filter(({ op }) => op === "Placeholder");
  const [placeholder] = placeholders;
  if (placeholder === undefined || placeholders.length > 1) {
    throw refuse(`it must have one input: found ${placeholders.length}`);
  }
  const inputShape = readInputShape(readShape(placeholder, "shape"));
  const converter = new TfjsConverter(nodes, readWeights(artifacts));
  const { signature } = artifacts;
  const name = stripPort(findGraphOutput(nodes, { signature, unread: ["Const"] }));
  const output = converter.convert(name);
  return buildGraph({
    inputShape,
    input: converter.convert(placeholder.name),
    nodes: converter.converted,
    output,
  });
}

/** Dequantised by TensorFlow.js itself. */
function readWeights({ weightData, weightSpecs }: TfjsArtifacts): ReadonlyMap<string, Weight> {
  const tensors = tf.io.decodeWeights(weightData, weightSpecs);
  const weights = Object.entries(tensors).map(([name, tensor]) => {
    return [name, { shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }] as const;
  });
  tf.dispose(tensors);
  return new Map(weights);
}

class TfjsConverter {
  /** In the order in which they run. */
  readonly converted: GraphNode[] = [];
  readonly #nodes: ReadonlyMap<string, TfjsNode>;
  readonly #weights: ReadonlyMap<string, Weight>;
  readonly #values = new Map<string, ValueId>();
  #valueCount = 0;

  constructor(nodes: TfjsNode[], weights: ReadonlyMap<string, Weight>) {
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#weights = weights;
  }

  /** Converts a node and all that it reads. */
  convert(name: string): ValueId {
    const pending = [name];
    // Nodes whose inputs are being converted: to meet one of them again is to go in a circle.
    const opened = new Set<string>();
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const node = this.#node(next);
      const missing = this.#computedInputs(node).filter((each) => !this.#values.has(each));
      if (missing.length > 0) {
        opened.add(next);
        const circular = missing.find((each) => opened.has(each));
        if (circular !== undefined) throw refuse(`node "${circular}" must not read itself`);
        pending.push(...missing);
        continue;
      }
      pending.pop();
      opened.delete(next);
      if (!this.#values.has(next)) this.#values.set(next, this.#add(node));
    }
    return this.#value(name);
  }

  #computedInputs({ inputs }: TfjsNode): string[] {
    return inputs.filter((input) => this.#node(input).op !== "Const");
  }

  /** Adds the node's own form and says which value it gives. */
  #add(node: TfjsNode): ValueId {
    if (node.op === "Identity") return this.#value(node.inputs[0] ?? "");
    const output = this.#valueCount++;
    if (node.op !== "Placeholder") this.converted.push(this.#convert(node, output));
    return output;
  }

  #convert(node: TfjsNode, output: ValueId): GraphNode {
    const origin = `node "${node.name}" (${node.op})`;
    const base = { output, origin };
    const input = () => this.#value(node.inputs[0] ?? "");
    switch (node.op) {
      case "_FusedConv2D":
      case "FusedDepthwiseConv2dNative": {
        const { bias, activation } = this.#readFused(node);
        const filter = this.#weight(node.inputs[1]);
        const op = node.op === "_FusedConv2D" ? "conv2d" : "depthwise_conv2d";
        const dilations = readSpatial(node, "dilations");
        const padding = readPadding(node);
        const strides = readSpatial(node, "strides");
        return {
          ...base,
          op,
          input: input(),
          filter,
          bias,
          strides,
          dilations,
          padding,
          activation,
        };
      }
      case "_FusedMatMul": {
        if (readFlag(node, "transpose_a") || readFlag(node, "transpose_b")) {
          throw unsupported(`a transposed ${origin}`);
        }
        const kernel = this.#weight(node.inputs[1]);
        return { ...base, op: "dense", input: input(), kernel, ...this.#readFused(node) };
      }
      case "Add":
      case "AddV2": {
        const inputs: [ValueId, ValueId] = [input(), this.#value(node.inputs[1] ?? "")];
        return { ...base, op: "add", inputs, activation: "linear" };
      }
      case "AvgPool":
      case "MaxPool": {
        const op = node.op === "AvgPool" ? "average_pool" : "max_pool";
        const [window, strides] = [readSpatial(node, "ksize"), readSpatial(node, "strides")];
        const padding = readPadding(node);
        return { ...base, op, input: input(), window, strides, padding, activation: "linear" };
      }
      case "Mean": {
        // An axis that is counted from the end has no place in a graph, which then refuses it.
        const axes = [...this.#weight(node.inputs[1]).values];
        return {
          ...base,
          op: "mean",
          input: input(),
          axes,
          keepDimensions: readFlag(node, "keep_dims"),
        };
      }
      case "Relu":
      case "Relu6": {
        const activation = ACTIVATIONS.get(node.op) ?? "linear";
        return { ...base, op: "activation", input: input(), activation };
      }
      case "Softmax":
        return { ...base, op: "softmax", input: input() };
      default:
        throw unsupported(origin);
    }
  }

  #readFused(node: TfjsNode): { bias: Weight; activation: Activation } {
    const [first, second, ...rest] = readTexts(node, "fused_ops");
    const activation = second === undefined ? "linear" : ACTIVATIONS.get(second);
    if (first !== "BiasAdd" || activation === undefined || rest.length > 0) {
      const found = readTexts(node, "fused_ops").join(", ");
      throw unsupported(`node "${node.name}" (${node.op} with ${found || "nothing"})`);
    }
    return { bias: this.#weight(node.inputs[2]), activation };
  }

  #node(name: string): TfjsNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw refuse(`a node reads "${name}", which does not exist`);
    return node;
  }

  #value(name: string): ValueId {
    const value = this.#values.get(name);
    if (value === undefined) throw refuse(`"${name}" must be computed`);
    return value;
  }

  #weight(name = ""): Weight {
    const weight = this.#weights.get(name);
    if (weight === undefined) throw refuse(`"${name}" must be a constant`);
    return weight;
  }
}

/** The sizes for height and width of an attribute of four. */
function readSpatial(node: TfjsNode, attribute: string): [number, number] {
  const sizes = readIntegers(node, attribute);
  if (sizes.length === 0) return [1, 1];
  const [batch, height = 0, width = 0, channels] = sizes;
  if (batch !== 1 || channels !== 1 || readText(node, "data_format") === "NCHW") {
    throw unsupported(`node "${node.name}" (${node.op} with ${attribute} [${sizes.join(", ")}])`);
  }
  return [height, width];
}

function readPadding(node: TfjsNode): "same" | "valid" {
  const padding = readText(node, "padding");
  if (padding === "SAME") return "same";
  if (padding === "VALID") return "valid";
  throw unsupported(`node "${node.name}" (${node.op} with padding ${padding})`);
}
