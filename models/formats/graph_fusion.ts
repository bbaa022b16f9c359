import type { GraphNode, PadNode, ValueId, Weight } from "./graph.ts";

/**
 * Joins nodes that one kernel can run: an activation into the node before it, and a padding into
 * the convolution behind it. A node is only joined where nothing else reads its value.
 *
 * @param nodes in the order in which they run
 * @param output the value of the network, which counts as read
 */
export function fuseNodes(nodes: readonly GraphNode[], output: ValueId): GraphNode[] {
  const readers = countReaders(nodes, output);
  const fused = new Map<ValueId, GraphNode>();
  for (const node of nodes) {
    const source = "input" in node && readers.get(node.input) === 1
      ? fused.get(node.input)
      : undefined;
    const joined = source && joinNodes(source, node);
    if (source && joined) fused.delete(source.output);
    fused.set(node.output, joined ?? node);
  }
  return [...fused.values()];
}

/** The values that a node reads. */
export function inputsOf(node: GraphNode): ValueId[] {
  if ("input" in node) return [node.input];
  const inputs: (ValueId | Weight)[] = node.inputs;
  return inputs.filter((each) => typeof each === "number");
}

function countReaders(nodes: readonly GraphNode[], output: ValueId): Map<ValueId, number> {
  const readers = new Map<ValueId, number>([[output, 1]]);
  for (const id of nodes.flatMap(inputsOf)) readers.set(id, (readers.get(id) ?? 0) + 1);
  return readers;
}

function joinNodes(source: GraphNode, node: GraphNode): GraphNode | undefined {
  if (node.op === "activation" && source.op !== "activation") {
    if (!("activation" in source) || source.activation !== "linear") return undefined;
    return { ...source, activation: node.activation, output: node.output };
  }
  const isConvolution = node.op === "conv2d" || node.op === "depthwise_conv2d";
  if (isConvolution && node.padding === "valid" && source.op === "pad") {
    const padding = imagePadding(source);
    return padding && { ...node, input: source.input, padding };
  }
  return undefined;
}

/** The padding of height and width, where the others are not padded. */
function imagePadding(
  { paddings }: PadNode,
): [PadNode["paddings"][0], PadNode["paddings"][0]] | undefined {
  const [batch, height, width, channels] = paddings;
  if (!batch || !height || !width || !channels || paddings.length !== 4) return undefined;
  if ([...batch, ...channels].some((size) => size !== 0)) return undefined;
  // A negative padding stays where the check of shapes finds it.
  return [...height, ...width].every((size) => size >= 0) ? [height, width] : undefined;
}
