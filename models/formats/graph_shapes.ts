import { ServiceError } from "../../lib/service_error.ts";
import type {
  BinaryNode,
  ConcatNode,
  ConvNode,
  DenseNode,
  GraphNode,
  MeanNode,
  Padding,
  PadNode,
  PoolNode,
  ReshapeNode,
  ValueId,
} from "./graph.ts";
import {
  AVERAGED_CHANNELS_MAX,
  MULTIPLY_ADDS_MAX,
  VALUE_ELEMENTS_MAX,
  WINDOW_MAX,
} from "./model_limits.ts";

type Shapes = ReadonlyMap<ValueId, number[]>;

/**
 * Finds the shape of every value for batch 1, and with it checks that each node fits its inputs,
 * that no value and no amount of work is beyond reason, and that no node mixes the batch with
 * another axis. A graph that passes can be run with any batch size.
 *
 * @throws {ServiceError} `model_unusable`, naming the node and the rule
 */
export function inferShapes(
  nodes: readonly GraphNode[],
  input: { id: ValueId; shape: number[] },
): Map<ValueId, number[]> {
  const shapes = new Map<ValueId, number[]>();
  addShape(shapes, { output: input.id, shape: input.shape, origin: "its input" });
  let multiplyAdds = 0;
  for (const node of nodes) {
    const shape = inferShape(node, shapes);
    addShape(shapes, { output: node.output, shape, origin: node.origin });
    multiplyAdds += sizeOf(shape) * multiplyAddsPerElement(node);
    if (multiplyAdds > MULTIPLY_ADDS_MAX) {
      refuse(node.origin, `takes the network above ${MULTIPLY_ADDS_MAX} multiply-adds`);
    }
  }
  return shapes;
}

/** Number of elements of a value of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function addShape(
  shapes: Map<ValueId, number[]>,
  { output, shape, origin }: { output: ValueId; shape: number[]; origin: string },
): void {
  const sound = shape[0] === 1 && shape.every((size) => Number.isInteger(size) && size >= 1);
  if (!sound || sizeOf(shape) > VALUE_ELEMENTS_MAX) {
    refuse(
      origin,
      `must give 1 to ${VALUE_ELEMENTS_MAX} elements for a batch of 1: its shape is ` +
        `[${shape.join(", ")}]`,
    );
  }
  shapes.set(output, shape);
}

function inferShape(node: GraphNode, shapes: Shapes): number[] {
  switch (node.op) {
    case "conv2d":
    case "depthwise_conv2d":
      return inferConv(node, shapeOf(shapes, node.input));
    case "dense":
      return inferDense(node, shapeOf(shapes, node.input));
    case "add":
    case "mul":
      return inferBinary(node, shapes);
    case "average_pool":
    case "max_pool":
      return inferPool(node, shapeOf(shapes, node.input));
    case "mean":
      return inferMean(node, shapeOf(shapes, node.input));
    case "reshape":
      return inferReshape(node, shapeOf(shapes, node.input));
    case "pad":
      return inferPad(node, shapeOf(shapes, node.input));
    case "concat":
      return inferConcat(node, node.inputs.map((id) => shapeOf(shapes, id)));
    case "activation":
    case "softmax":
      return shapeOf(shapes, node.input);
  }
}

function shapeOf(shapes: Shapes, id: ValueId): number[] {
  const shape = shapes.get(id);
  // The readers of file formats only hand on values that exist.
  if (shape === undefined) throw new RangeError(`Cannot infer shapes as value ${id} comes later`);
  return shape;
}

function inferConv(node: ConvNode, input: number[]): number[] {
  const { origin, filter: { shape: filter }, bias } = node;
  requireImage(origin, input);
  const [filterHeight = 0, filterWidth = 0, inChannels = 0, last = 0] = filter;
  if (filter.length !== 4 || inChannels !== input[3]) {
    refuse(origin, `has a filter for ${inChannels} channels: its input has ${input[3]}`);
  }
  const outChannels = node.op === "conv2d" ? last : inChannels * last;
  requireBias(origin, { bias: bias?.shape, length: outChannels });
  const [height, width] = slideWindow(input, { ...node, window: [filterHeight, filterWidth] });
  return [1, height, width, outChannels];
}

function inferDense({ origin, kernel, bias }: DenseNode, input: number[]): number[] {
  const [inLength, outLength = 0] = kernel.shape;
  if (kernel.shape.length !== 2 || sizeOf(input) !== inLength) {
    refuse(origin, `has weights for ${inLength} inputs: it is given ${sizeOf(input)}`);
  }
  requireBias(origin, { bias: bias?.shape, length: outLength });
  return [1, outLength];
}

function inferBinary({ origin, inputs }: BinaryNode, shapes: Shapes): number[] {
  const [a, b] = inputs.map((each) => {
    return typeof each === "number" ? shapeOf(shapes, each) : each.shape;
  }) as [number[], number[]];
  // A computed value of lower rank than the result would have its batch taken for another axis.
  const rank = Math.max(a.length, b.length);
  const computed = inputs.filter((each) => typeof each === "number");
  if (computed.some((id) => shapeOf(shapes, id).length !== rank)) {
    refuse(origin, `must have inputs of the same rank: [${a.join(", ")}] and [${b.join(", ")}]`);
  }
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      refuse(origin, `cannot broadcast [${a.join(", ")}] and [${b.join(", ")}]`);
    }
    return Math.max(sizeA, sizeB);
  });
}

function inferPool(node: PoolNode, input: number[]): number[] {
  requireImage(node.origin, input);
  if (node.op === "average_pool" && (input[3] ?? 0) > AVERAGED_CHANNELS_MAX) {
    refuse(node.origin, `must have at most ${AVERAGED_CHANNELS_MAX} channels: found ${input[3]}`);
  }
  const [height, width] = slideWindow(input, { ...node, dilations: [1, 1] });
  return [1, height, width, input[3] ?? 0];
}

function inferMean({ origin, axes, keepDimensions }: MeanNode, input: number[]): number[] {
  const sound = axes.every((axis) => axis >= 1 && axis < input.length);
  if (!sound || axes.length === 0 || new Set(axes).size !== axes.length) {
    refuse(origin, `cannot reduce axes [${axes.join(", ")}] of [${input.join(", ")}]`);
  }
  if (keepDimensions) return input.map((size, axis) => axes.includes(axis) ? 1 : size);
  return input.filter((_, axis) => !axes.includes(axis));
}

function inferReshape({ origin, shape }: ReshapeNode, input: number[]): number[] {
  if (sizeOf(shape) !== sizeOf(input)) {
    refuse(origin, `cannot reshape [${input.join(", ")}] to [${shape.join(", ")}]`);
  }
  return shape;
}

function inferPad({ origin, paddings }: PadNode, input: number[]): number[] {
  const sound = paddings.length === input.length && paddings.flat().every((size) => size >= 0);
  if (!sound) refuse(origin, `cannot pad [${input.join(", ")}] by [${paddings.join("; ")}]`);
  return input.map((size, axis) => {
    const [before, after] = paddings[axis] ?? [0, 0];
    return before + size + after;
  });
}

function inferConcat({ origin, axis }: ConcatNode, inputs: number[][]): number[] {
  const [first = []] = inputs;
  const sound = axis >= 1 && axis < first.length && inputs.every((each) => {
    return each.length === first.length &&
      each.every((size, index) => index === axis || size === first[index]);
  });
  if (!sound) refuse(origin, `cannot join [${inputs.join("], [")}] along axis ${axis}`);
  return first.map((size, index) => {
    return index === axis ? inputs.reduce((sum, each) => sum + (each[axis] ?? 0), 0) : size;
  });
}

interface Window {
  origin: string;
  window: [number, number];
  strides: [number, number];
  dilations: [number, number];
  padding: Padding;
}

/** Number of positions of a window over the height and the width of `[1, h, w, c]`. */
function slideWindow(input: number[], node: Window): [number, number] {
  const { origin, window, strides, dilations, padding } = node;
  const sizes = [...window, ...strides, ...dilations];
  if (sizes.some((size) => size < 1 || size > WINDOW_MAX)) {
    refuse(
      origin,
      `must have a window, strides and dilations of 1 to ${WINDOW_MAX}: found [${sizes}]`,
    );
  }
  return ([0, 1] as const).map((axis) => {
    const size = input[axis + 1] ?? 0;
    if (padding === "same") return Math.ceil(size / strides[axis]);
    const [before, after] = padding === "valid" ? [0, 0] : padding[axis];
    const covered = dilations[axis] * (window[axis] - 1) + 1;
    return Math.floor((before + size + after - covered) / strides[axis]) + 1;
  }) as [number, number];
}

function multiplyAddsPerElement(node: GraphNode): number {
  switch (node.op) {
    case "conv2d":
      return sizeOf(node.filter.shape.slice(0, 3));
    case "depthwise_conv2d":
      return sizeOf(node.filter.shape.slice(0, 2));
    case "dense":
      return node.kernel.shape[0] ?? 0;
    case "average_pool":
    case "max_pool":
      return sizeOf(node.window);
    default:
      return 1;
  }
}

function requireImage(origin: string, shape: number[]): void {
  if (shape.length !== 4) refuse(origin, `must be given an image: found [${shape.join(", ")}]`);
}

function requireBias(
  origin: string,
  { bias, length }: { bias: number[] | undefined; length: number },
): void {
  if (bias !== undefined && (bias.length !== 1 || bias[0] !== length)) {
    refuse(origin, `must have a bias of shape [${length}]: found [${bias.join(", ")}]`);
  }
}

function refuse(origin: string, rule: string): never {
  throw new ServiceError("model_unusable", `Cannot use model as ${origin} ${rule}`);
}
