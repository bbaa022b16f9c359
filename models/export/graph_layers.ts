import { ServiceError } from "../../lib/service_error.ts";
import { inputsOf } from "../formats/graph_fusion.ts";
import { padSame } from "../formats/graph_builder.ts";
import type {
  Activation,
  BinaryNode,
  ConvNode,
  DenseNode,
  Graph,
  GraphNode,
  MeanNode,
  PadNode,
  PoolNode,
  ValueId,
} from "../formats/graph.ts";
import type { KerasNetwork } from "./keras_network.ts";

/** The network that layers are added to, and what is known of the graph that they come from. */
interface Conversion {
  network: KerasNetwork;
  shapes: ReadonlyMap<ValueId, number[]>;
  /** Names of the layers that give the values known so far. */
  layers: Map<ValueId, string>;
}

/**
 * Adds the layers that compute a value of a graph. Nodes that carry an activation become a layer
 * and an activation's layer where Keras has no name for the two together.
 *
 * @param from the layer that gives the graph's input
 * @param value what to compute; nothing else is added
 * @returns the name of the layer that gives the value
 * @throws {ServiceError} `unsupported_operator`, naming a node that Keras has no layer for
 */
export function addGraphLayers(
  network: KerasNetwork,
  { graph, from, value }: { graph: Graph; from: string; value: ValueId },
): string {
  const conversion: Conversion = {
    network,
    shapes: graph.shapes,
    layers: new Map([[graph.input, from]]),
  };
  for (const node of selectNodes(graph, value)) {
    const name = addNode(conversion, node);
    const activation = "activation" in node ? node.activation : "linear";
    conversion.layers.set(node.output, addActivation(conversion, { node, name, activation }));
  }
  return readLayer(conversion, value);
}

/** The nodes that a value depends on, in the order in which they run. */
function selectNodes({ nodes }: Graph, value: ValueId): GraphNode[] {
  const needed = new Set([value]);
  const selected = nodes.toReversed().filter((node) => {
    if (!needed.has(node.output)) return false;
    for (const id of inputsOf(node)) needed.add(id);
    return true;
  });
  return selected.toReversed();
}

function readLayer({ layers }: Conversion, id: ValueId): string {
  const name = layers.get(id);
  if (name === undefined) throw new RangeError(`Cannot export graph as value ${id} comes later`);
  return name;
}

/** The layer of a node, without its activation. */
function addNode(conversion: Conversion, node: GraphNode): string {
  switch (node.op) {
    case "conv2d":
    case "depthwise_conv2d":
      return addConvolution(conversion, node);
    case "dense":
      return addDense(conversion, node);
    case "add":
    case "mul":
      return addBinary(conversion, node);
    case "average_pool":
    case "max_pool":
      return addPool(conversion, node);
    case "mean":
      return addMean(conversion, node);
    case "reshape":
      return add(conversion, node, "Reshape", { target_shape: node.shape.slice(1) });
    case "pad":
      return add(conversion, node, "ZeroPadding2D", { padding: readImagePadding(node) });
    case "concat":
      return add(conversion, node, "Concatenate", { axis: node.axis });
    case "activation":
      return readLayer(conversion, node.input);
    case "softmax":
      return add(conversion, node, "Softmax", { axis: -1 });
  }
}

function add(
  conversion: Conversion,
  node: GraphNode,
  ...[className, config]: [string, Record<string, unknown>]
): string {
  const inputs = inputsOf(node).map((id) => readLayer(conversion, id));
  return conversion.network.add({ className, inputs, config });
}

function addConvolution(conversion: Conversion, node: ConvNode): string {
  const { filter, bias, strides, dilations, op } = node;
  const [height = 0, width = 0, , last = 0] = filter.shape;
  const { name, padding } = addPadding(conversion, node);
  const config = {
    kernel_size: [height, width],
    strides,
    dilation_rate: dilations,
    padding,
    data_format: "channels_last",
    use_bias: bias !== undefined,
    activation: "linear",
  };
  const isDepthwise = op === "depthwise_conv2d";
  return conversion.network.add({
    className: isDepthwise ? "DepthwiseConv2D" : "Conv2D",
    inputs: [name],
    config: { ...config, ...(isDepthwise ? { depth_multiplier: last } : { filters: last }) },
    weights: isDepthwise ? { depthwise_kernel: filter, bias } : { kernel: filter, bias },
  });
}

/** Zeros around the image become a layer of their own, unless Keras's rule gives the same ones. */
function addPadding(
  conversion: Conversion,
  { input, padding, filter, strides, dilations }: ConvNode,
): { name: string; padding: "same" | "valid" } {
  const name = readLayer(conversion, input);
  if (typeof padding === "string") return { name, padding };
  if (padding.flat().every((size) => size === 0)) return { name, padding: "valid" };
  const [, ...sizes] = conversion.shapes.get(input) ?? [];
  const isSame = padding.every(([before, after], axis) => {
    const window = (dilations[axis] ?? 1) * ((filter.shape[axis] ?? 0) - 1) + 1;
    const same = padSame(sizes[axis] ?? 0, { stride: strides[axis] ?? 1, window });
    return same[0] === before && same[1] === after;
  });
  if (isSame) return { name, padding: "same" };
  const config = { padding, data_format: "channels_last" };
  const padded = conversion.network.add({ className: "ZeroPadding2D", inputs: [name], config });
  return { name: padded, padding: "valid" };
}

function addDense(conversion: Conversion, { input, kernel, bias }: DenseNode): string {
  const isVector = conversion.shapes.get(input)?.length === 2;
  const name = readLayer(conversion, input);
  const { network } = conversion;
  return network.add({
    className: "Dense",
    inputs: [isVector ? name : network.add({ className: "Flatten", inputs: [name] })],
    config: { units: kernel.shape[1], use_bias: bias !== undefined, activation: "linear" },
    weights: { kernel, bias },
  });
}

function addBinary(conversion: Conversion, node: BinaryNode): string {
  const [left, right] = node.inputs;
  if (typeof left !== "number" || typeof right !== "number") {
    throw unsupported(node, `${node.op} with a constant`);
  }
  return add(conversion, node, node.op === "add" ? "Add" : "Multiply", {});
}

function addPool(conversion: Conversion, node: PoolNode): string {
  const { op, window, strides, padding } = node;
  const className = op === "average_pool" ? "AveragePooling2D" : "MaxPooling2D";
  const config = { pool_size: window, strides, padding, data_format: "channels_last" };
  return add(conversion, node, className, config);
}

function addMean(conversion: Conversion, node: MeanNode): string {
  const isImageMean = conversion.shapes.get(node.input)?.length === 4 &&
    node.axes.length === 2 && node.axes.includes(1) && node.axes.includes(2);
  if (!isImageMean) throw unsupported(node, `a mean over the axes ${node.axes}`);
  const name = add(conversion, node, "GlobalAveragePooling2D", { data_format: "channels_last" });
  const shape = conversion.shapes.get(node.output) ?? [];
  if (!node.keepDimensions) return name;
  const config = { target_shape: shape.slice(1) };
  return conversion.network.add({ className: "Reshape", inputs: [name], config });
}

function readImagePadding(node: PadNode): [number, number][] {
  const [batch, height, width, channels] = node.paddings;
  const isImagePadding = node.paddings.length === 4 && height && width &&
    [batch, channels].flat().every((size) => size === 0);
  if (!isImagePadding) throw unsupported(node, "padding of channels");
  return [height, width];
}

function addActivation(
  { network }: Conversion,
  { node, name, activation }: { node: GraphNode; name: string; activation: Activation },
): string {
  switch (activation) {
    case "linear":
      return name;
    case "relu":
      return network.add({ className: "ReLU", inputs: [name] });
    case "relu6":
      return network.add({ className: "ReLU", inputs: [name], config: { max_value: 6 } });
    case "hard_swish":
      throw unsupported(node, "hard swish");
  }
}

function unsupported({ origin }: GraphNode, what: string): ServiceError {
  return new ServiceError(
    "unsupported_operator",
    `Cannot export model as Keras has no layer for ${what}: found at ${origin}`,
  );
}
