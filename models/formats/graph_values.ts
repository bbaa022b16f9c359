import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import {
  readInteger,
  readIntegers,
  readPortedNodes,
  type TfjsNode,
  type ValueName,
} from "./tfjs_attributes.ts";
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

/** What a function is called with, or a loop variable before a step. */
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

/** Whether a value is an output of one of these operations. */
export function isCall(value: GraphValue, ...ops: string[]): value is CallValue {
  return value.kind === "call" && ops.includes(value.node.op);
}

/** Operations that change no number. */
const TRANSPARENT = ["Identity", "StopGradient", "PreventGradient", "Cast", "Enter"];

/**
 * Reads the values of a graph, or of a function that it calls, without running it. The same output of
 * the same node is always the same object. Tensors are made by TensorFlow.js and belong to the caller's
 * `tf.tidy()`.
 */
export class GraphValues {
  readonly #nodes: Nodes;
  readonly #weights: Readonly<Record<string, Tensor>>;
  readonly #arguments: ReadonlyMap<string, GraphValue>;
  readonly #known = new Map<string, GraphValue>();
  readonly #loops: ReadonlyMap<string, LoopVariable[]>;

  /**
   * Reads the nodes of a graph or of a function.
   *
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
    this.#loops = listLoops(this.#nodes);
  }

  /**
   * The loop that a value leaves, where loops are made of Merge, Switch, NextIteration and Exit.
   *
   * @param exit a call of Exit
   * @returns the variables before the first step and after one, and the one that `exit` gives
   */
  readLoop(exit: CallValue): LoopValues | undefined {
    const [left] = this.#nodes.get(exit.node.name)?.reads ?? [];
    for (const [name, variables] of this.#loops) {
      const variable = variables.findIndex((each) => each.name === left?.name);
      if (variable < 0) continue;
      const initial = variables.map(({ before }) => this.read(before));
      const next = variables.map(({ after }) => this.read(after));
      const [condition] = this.#nodes.get(name)?.reads.map((each) => this.read(each)) ?? [];
      return { initial, next, condition, variable };
    }
    return undefined;
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

  /** The same object wherever a variable is read, so that values can be compared. */
  #readVariable(name: string): GraphValue | undefined {
    for (const variables of this.#loops.values()) {
      const index = variables.findIndex((each) => each.name === name || each.merge === name);
      if (index < 0) continue;
      const key = variables[index]?.name ?? "";
      const value = this.#known.get(key) ?? { kind: "argument", index };
      this.#known.set(key, value);
      return value;
    }
    return undefined;
  }

  #evaluate({ node, reads }: { node: TfjsNode; reads: ValueName[] }, port: number): GraphValue {
    const tensor = this.#weights[node.name];
    if (node.op === "Const" && tensor) return { kind: "constant", tensor };
    const variable = this.#readVariable(node.name);
    if (variable) return variable;
    const inputs = reads.map((each) => this.read(each));
    const [first] = inputs;
    if (first && TRANSPARENT.includes(node.op)) return first;
    return foldConstants({ kind: "call", node, port, inputs });
  }
}

/** A loop that is made of single nodes, as its values tell it. */
export interface LoopValues {
  /** What each variable begins with. */
  initial: GraphValue[];
  /** What each is after a step, from those before as arguments. */
  next: GraphValue[];
  /** Whether there is another step, from the variables before it. */
  condition: GraphValue | undefined;
  /** Which of them is asked for. */
  variable: number;
}

/** A loop variable: the Switch and the Merge that give it, what it begins with and what it becomes. */
interface LoopVariable {
  name: string;
  merge: string;
  before: ValueName;
  after: ValueName;
}

type Nodes = ReadonlyMap<string, { node: TfjsNode; reads: ValueName[] }>;

/** The variables of each loop, by the node that ends it. */
function listLoops(nodes: Nodes): Map<string, LoopVariable[]> {
  const loops = new Map<string, LoopVariable[]>();
  for (const { node, reads: [data, condition] } of nodes.values()) {
    const merge = node.op === "Switch" ? nodes.get(data?.name ?? "") : undefined;
    const [before, again] = merge?.node.op === "Merge" ? merge.reads : [];
    const [after] = nodes.get(again?.name ?? "")?.reads ?? [];
    if (!condition || !before || !after) continue;
    const variables = loops.get(condition.name) ?? [];
    variables.push({ name: node.name, merge: data?.name ?? "", before, after });
    loops.set(condition.name, variables);
  }
  return loops;
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
    case "Squeeze":
      return first && tf.squeeze(first, readIntegers(node, "squeeze_dims"));
    case "StridedSlice":
      return first && sliceStrided(first, node, tensors.slice(1));
    default:
      return undefined;
  }
}

/**
 * What a node of the kind StridedSlice gives.
 *
 * @param bounds begin, end and strides
 */
export function sliceStrided<Source extends Tensor>(
  source: Source,
  node: TfjsNode,
  bounds: readonly Tensor[],
): Source {
  const [begin = [], end = [], strides] = bounds.map((each) => Array.from(each.dataSync()));
  const [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = [
    "begin_mask",
    "end_mask",
    "ellipsis_mask",
    "new_axis_mask",
    "shrink_axis_mask",
  ].map((name) => readInteger(node, name));
  return tf.stridedSlice(
    ...[source, begin, end, strides, beginMask, endMask] as const,
    ...[ellipsisMask, newAxisMask, shrinkAxisMask] as const,
  ) as Source;
}
