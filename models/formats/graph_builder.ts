import { ServiceError } from "../../lib/service_error.ts";
import { fuseNodes, inputsOf } from "./graph_fusion.ts";
import type { Graph, GraphDraft, GraphNode, OutputActivation, ValueId } from "./graph.ts";
import { inferShapes, sizeOf } from "./graph_shapes.ts";

type Producers = ReadonlyMap<ValueId, GraphNode>;
type Shapes = ReadonlyMap<ValueId, number[]>;

/**
 * Makes a network ready to run: joins nodes that one kernel can run, checks every shape, finds the
 * logits and the feature layer, and drops what neither of them needs.
 *
 * @throws {ServiceError} `model_unusable` if a node does not fit its inputs, or the last softmax is over
 * more than one vector
 */
export function buildGraph({ inputShape, input, nodes, output }: GraphDraft): Graph {
  const fused = fuseNodes(nodes, output);
  const shapes = inferShapes(fused, { id: input, shape: inputShape });
  const producers = new Map(fused.map((node) => [node.output, node]));
  const { logits, outputActivation } = findLogits(output, { producers, shapes });
  const features = findFeatures(logits, { producers, shapes });
  const needed = findNeeded([logits, features], producers);
  return {
    inputShape,
    input,
    nodes: fused.filter((node) => needed.has(node.output))
      .map((node) => resolvePadding(node, shapes)),
    shapes,
    logits,
    features,
    featureLength: sizeOf(shapes.get(features) ?? []),
    classCount: sizeOf(shapes.get(logits) ?? []),
    outputActivation,
  };
}

/**
 * Turns TensorFlow's rule for a convolution's padding into numbers, as XNNPACK applies the rule
 * wrongly where a stride is longer than the window.
 */
function resolvePadding(node: GraphNode, shapes: Shapes): GraphNode {
  const isConvolution = node.op === "conv2d" || node.op === "depthwise_conv2d";
  if (!isConvolution || node.padding !== "same") return node;
  const [, height = 0, width = 0] = shapes.get(node.input) ?? [];
  const [windowHeight = 0, windowWidth = 0] = node.filter.shape;
  const [strideHeight, strideWidth] = node.strides;
  const [dilationHeight, dilationWidth] = node.dilations;
  return {
    ...node,
    padding: [
      padSame(height, { stride: strideHeight, window: dilationHeight * (windowHeight - 1) + 1 }),
      padSame(width, { stride: strideWidth, window: dilationWidth * (windowWidth - 1) + 1 }),
    ],
  };
}

/**
 * The zeros that TensorFlow's rule `SAME` puts before and behind one axis: as many as the windows
 * need, the odd one behind.
 *
 * @param size of the axis
 */
export function padSame(
  size: number,
  { stride, window }: { stride: number; window: number },
): [number, number] {
  const positions = Math.ceil(size / stride);
  const total = Math.max((positions - 1) * stride + window - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function findLogits(
  output: ValueId,
  { producers, shapes }: { producers: Producers; shapes: Shapes },
): { logits: ValueId; outputActivation: OutputActivation } {
  const last = producers.get(skipReshapes(output, producers));
  if (last?.op !== "softmax") return { logits: output, outputActivation: "linear" };
  const shape = shapes.get(last.input) ?? [];
  if (!shape.slice(0, -1).every((size) => size === 1)) {
    throw new ServiceError(
      "model_unusable",
      `Cannot use model as ${last.origin} must be over one vector: it is over [${
        shape.join(", ")
      }]`,
    );
  }
  return { logits: last.input, outputActivation: "softmax" };
}

function findFeatures(
  logits: ValueId,
  { producers, shapes }: { producers: Producers; shapes: Shapes },
): ValueId {
  const last = producers.get(skipReshapes(logits, producers));
  if (last?.op === "dense") return last.input;
  if (last?.op === "conv2d") {
    const [, height, width] = shapes.get(last.input) ?? [];
    if (height === 1 && width === 1) return last.input;
  }
  return logits;
}

/** Reshaping changes no number, so the search for the last layers looks through it. */
function skipReshapes(id: ValueId, producers: Producers): ValueId {
  let value = id;
  for (let node = producers.get(id); node?.op === "reshape"; node = producers.get(value)) {
    value = node.input;
  }
  return value;
}

function findNeeded(ids: ValueId[], producers: Producers): Set<ValueId> {
  const needed = new Set<ValueId>();
  const pending = [...ids];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const node = producers.get(id);
    if (node) pending.push(...inputsOf(node));
  }
  return needed;
}
