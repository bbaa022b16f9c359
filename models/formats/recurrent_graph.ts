import * as tf from "@tensorflow/tfjs-core";
import type { SequenceNetwork } from "../kernels/read_sequence_network.ts";
import type { Tensor } from "../tensors.ts";
import { type CallValue, type GraphValue, GraphValues } from "./graph_values.ts";
import { readLinearForm } from "./linear_form.ts";
import { type LoopLayer, readRecurrentStep } from "./recurrent_step.ts";
import { readFunctionName, readValueName, type ValueName } from "./tfjs_attributes.ts";
import { isRecord, refuse } from "./tfjs_files.ts";
import { unsupported } from "./tfjs_model.ts";

/** A graph and its weights by the name of their node. */
export interface RecurrentGraph {
  /** `modelTopology`: nodes, and the functions that its loops call. */
  topology: Record<string, unknown>;
  /** Of the caller. */
  weights: Readonly<Record<string, Tensor>>;
  /** Name of the node that the graph's answer comes from. */
  output: string;
}

/** The body of a loop, as `model.json` has it. */
interface LoopFunction {
  nodes: readonly unknown[];
  argumentNames: string[];
  results: ValueName[];
}

/** What a converter puts around the tensors that go into a loop and come out. */
const REARRANGEMENTS = [
  "TensorListFromTensor",
  "TensorListStack",
  "Transpose",
  "StridedSlice",
  "Squeeze",
  "Reshape",
  "ExpandDims",
];
const LOOPS = ["While", "StatelessWhile"];
const LOOKUPS = ["Gather", "GatherV2", "ResourceGather"];
const HEAD_ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ["Softmax", "softmax"],
  ["Sigmoid", "sigmoid"],
]);

/**
 * Reads a graph that is a chain as Keras's recurrent layers become one: perhaps an embedding, one or
 * several loops over time, and one dense layer over the last state.
 *
 * It follows the values alone: that a loop begins at zeros, reads forwards and counts every step has to
 * be tried.
 *
 * @returns tensors that belong to the caller's `tf.tidy()`
 * @throws {ServiceError} `unsupported_operator`, naming the node; `model_unusable` if the graph is broken
 */
export function readRecurrentGraph({ topology, weights, output }: RecurrentGraph): SequenceNetwork {
  const { node: nodes, library } = topology;
  if (!Array.isArray(nodes)) throw refuse(`"modelTopology" must hold the "node" of a graph model`);
  const functions = readFunctions(library);
  const values = new GraphValues(nodes, weights);
  const head = readHead(values.read(readValueName(output)));
  const layers: LoopLayer[] = [];
  let source = skipRearrangements(head.source);
  while (isCall(source, LOOPS)) {
    const { layer, sequence } = readLoop(source, { functions, weights });
    layers.unshift(layer);
    source = skipRearrangements(sequence);
  }
  const { embeddings, placeholder } = readEmbedding(source);
  if (!isCall(placeholder, ["Placeholder"]) || layers.length === 0) throw refuseValue(placeholder);
  return { embeddings, layers, head: head.weights, headActivation: head.activation };
}

function readFunctions(library: unknown): ReadonlyMap<string, LoopFunction> {
  const functions = isRecord(library) && Array.isArray(library.function) ? library.function : [];
  return new Map(
    functions.filter(isRecord).map((each) => {
      const { signature, nodeDef, ret } = each;
      const { name, inputArg, outputArg } = isRecord(signature) ? signature : {};
      const namesOf = (list: unknown) =>
        Array.isArray(list) ? list.map((each) => String(isRecord(each) ? each.name : "")) : [];
      const results = namesOf(outputArg).map((result) => {
        return readValueName(String(isRecord(ret) ? ret[result] : ""));
      });
      const nodes = Array.isArray(nodeDef) ? nodeDef : [];
      return [String(name), { nodes, argumentNames: namesOf(inputArg), results }];
    }),
  );
}

/** The dense layer at the end, and what it reads. */
function readHead(value: GraphValue) {
  const activation = value.kind === "call" ? HEAD_ACTIVATIONS.get(value.node.op) : undefined;
  const sum = activation && value.kind === "call" ? value.inputs[0] ?? value : value;
  const form = readLinearForm(sum);
  const [product, ...more] = form?.products ?? [];
  if (!form || !product || more.length > 0) throw refuseValue(sum);
  const [source, kernel] = product;
  const bias = form.bias && tf.reshape(form.bias, [-1]);
  return { source, weights: { kernel, bias }, activation: activation ?? "linear" };
}

/** A loop, and the sequence that it reads. */
function readLoop(
  loop: CallValue,
  { functions, weights }: {
    functions: ReadonlyMap<string, LoopFunction>;
    weights: RecurrentGraph["weights"];
  },
): { layer: LoopLayer; sequence: GraphValue } {
  const body = functions.get(readFunctionName(loop.node, "body"));
  if (!body || body.argumentNames.length !== loop.inputs.length) throw refuseValue(loop);
  const plain = readStep(body, { weights, given: [] });
  // What no step changes is what the loop begins with.
  const given = loop.inputs.map((outer, index) => {
    const after = plain[index];
    const isFixed = after?.kind === "argument" && after.index === index;
    return isFixed && outer.kind === "constant" ? outer : undefined;
  });
  const next = readStep(body, { weights, given });
  const lists = new Set<number>();
  const isInput = (value: GraphValue) => {
    const [list] = isCall(value, ["TensorListGetItem"]) ? value.inputs : [];
    if (list?.kind === "argument") lists.add(list.index);
    return list?.kind === "argument";
  };
  const layer = readRecurrentStep(next, isInput);
  const [list, ...others] = lists;
  const sequence = list === undefined ? undefined : loop.inputs[list];
  if (!layer || !sequence || others.length > 0) throw refuseValue(loop);
  return { layer, sequence };
}

/** The values of the loop variables after a step, from those before. */
function readStep(
  { nodes, argumentNames, results }: LoopFunction,
  { weights, given }: {
    weights: RecurrentGraph["weights"];
    given: readonly (GraphValue | undefined)[];
  },
): GraphValue[] {
  const before = argumentNames.map((name, index): [string, GraphValue] => {
    return [name, given[index] ?? { kind: "argument", index }];
  });
  const values = new GraphValues(nodes, weights, new Map(before));
  return results.map((result) => values.read(result));
}

function readEmbedding(source: GraphValue): {
  embeddings: Tensor | undefined;
  placeholder: GraphValue;
} {
  if (!isCall(source, LOOKUPS)) return { embeddings: undefined, placeholder: source };
  const [table, indices] = source.inputs;
  if (table?.kind !== "constant" || !indices) throw refuseValue(source);
  return { embeddings: table.tensor, placeholder: indices };
}

/** Back to where a value comes from. */
function skipRearrangements(value: GraphValue): GraphValue {
  let source = value;
  while (isCall(source, REARRANGEMENTS)) {
    const [input] = source.inputs;
    if (!input) throw refuseValue(source);
    source = input;
  }
  return source;
}

function isCall(value: GraphValue, ops: readonly string[]): value is CallValue {
  return value.kind === "call" && ops.includes(value.node.op);
}

function refuseValue(value: GraphValue): Error {
  if (value.kind !== "call") return refuse("its loop over time must end in one dense layer");
  const { name, op } = value.node;
  return unsupported(`node "${name}" (${op}) in a network with a loop over time`);
}
