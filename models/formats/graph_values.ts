import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import { readInteger, readPortedNodes, type TfjsNode, type ValueName } from "./tfjs_attributes.ts";
import { refuse } from "./tfjs_files.ts";

/** What a node of a graph gives, as far as it is known before anything runs. */
export type GraphValue = ConstantValue | ArgumentValue | CallValue;

/** A weight, or what follows from weights alone. */
export interface ConstantValue {
  /** Tells the values apart. */
  kind: "constant";
  /** Owned by whoever evaluates. */
  tensor: Tensor;
}

/** What a function is called with. */
export interface ArgumentValue {
  /** Tells the values apart. */
  kind: "argument";
  /** Which of its arguments. */
  index: number;
}

/** One output of an operation. */
export interface CallValue {
  /** Tells the values apart. */
  kind: "call";
  /** The operation. */
  node: TfjsNode;
  /** Which of its outputs. */
  port: number;
  /** What it reads. */
  inputs: GraphValue[];
}

/** Operations that change no number. */
const TRANSPARENT = ["Identity", "StopGradient", "PreventGradient", "Cast"];

/**
 * Reads the values of a graph, or of a function that it calls, without running it. The same output of
 * the same node is always the same object. Tensors are made by TensorFlow.js and belong to the caller's
 * `tf.tidy()`.
 */
export class GraphValues {
  readonly #nodes: ReadonlyMap<string, { node: TfjsNode; reads: ValueName[] }>;
  readonly #weights: Readonly<Record<string, Tensor>>;
  readonly #arguments: ReadonlyMap<string, GraphValue>;
  readonly #known = new Map<string, GraphValue>();

  /**
   * @param nodes as `model.json` has them
   * @param weights by the name of their node
   * @param given values of arguments by name, for a function
   */
  constructor(
    nodes: readonly unknown[],
    weights: Readonly<Record<string, Tensor>>,
    given: ReadonlyMap<string, GraphValue> = new Map(),
  ) {
    this.#nodes = new Map(readPortedNodes(nodes).map((each) => [each.node.name, each]));
    this.#weights = weights;
    this.#arguments = given;
  }

  /**
   * The value of a node.
   *
   * @throws {ServiceError} `model_unusable` if it does not exist, or reads itself
   */
  read({ name, port }: ValueName): GraphValue {
    const argument = this.#arguments.get(name);
    if (argument) return argument;
    const key = `${name}:${port}`;
    const known = this.#known.get(key);
    if (known) return known;
    const found = this.#nodes.get(name);
    if (!found) throw refuse(`a node reads "${name}", which does not exist`);
    // Whoever comes back to it while it is being read goes in a circle.
    this.#known.set(key, { kind: "call", node: { ...found.node, op: "Circle" }, port, inputs: [] });
    const value = this.#evaluate(found, port);
    this.#known.set(key, value);
    return value;
  }

  #evaluate({ node, reads }: { node: TfjsNode; reads: ValueName[] }, port: number): GraphValue {
    const tensor = this.#weights[node.name];
    if (node.op === "Const" && tensor) return { kind: "constant", tensor };
    const inputs = reads.map((each) => this.read(each));
    const [first] = inputs;
    if (first && TRANSPARENT.includes(node.op)) return first;
    return foldConstants({ kind: "call", node, port, inputs });
  }
}

/** A part of a weight is a weight. */
function foldConstants(call: CallValue): GraphValue {
  const tensors = call.inputs.flatMap((input) => input.kind === "constant" ? [input.tensor] : []);
  if (tensors.length < call.inputs.length) return call;
  const tensor = computePart(call, tensors);
  return tensor ? { kind: "constant", tensor } : call;
}

function computePart({ node, port }: CallValue, tensors: Tensor[]): Tensor | undefined {
  const [first, second, third] = tensors;
  const numbers = (tensor: Tensor | undefined) => Array.from(tensor?.dataSync() ?? []);
  switch (node.op) {
    case "Split": {
      const [axis = 0] = numbers(first);
      return second && tf.split(second, readInteger(node, "num_split"), axis)[port];
    }
    case "SplitV":
      return first && tf.split(first, numbers(second), numbers(third)[0])[port];
    case "Unpack":
      return first && tf.unstack(first, readInteger(node, "axis"))[port];
    case "Reshape":
      return first && tf.reshape(first, numbers(second));
    case "Transpose":
      return first && tf.transpose(first, numbers(second));
    case "StridedSlice": {
      const masks = [
        "begin_mask",
        "end_mask",
        "ellipsis_mask",
        "new_axis_mask",
        "shrink_axis_mask",
      ];
      const [begin, end, ellipsis, newAxis, shrink] = masks.map((name) => readInteger(node, name));
      const [from, to, strides] = tensors.slice(1).map(numbers);
      return first &&
        tf.stridedSlice(
          first,
          from ?? [],
          to ?? [],
          strides,
          begin,
          end,
          ellipsis,
          newAxis,
          shrink,
        );
    }
    default:
      return undefined;
  }
}
