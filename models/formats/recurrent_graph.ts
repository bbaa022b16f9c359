import * as tf from "@tensorflow/tfjs-core";
import type { SequenceNetwork } from "../kernels/read_sequence_network.ts";
import type { Tensor } from "../tensors.ts";
import { type LoopPlaces, readLayerLoop } from "./graph_loop.ts";
import { type GraphValue, GraphValues, isCall } from "./graph_values.ts";
import { readLinearForm } from "./linear_form.ts";
import type { LoopLayer } from "./recurrent_step.ts";
import { readValueName } from "./tfjs_attributes.ts";
import { refuse } from "./tfjs_files.ts";
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

const LOOKUPS = ["Gather", "GatherV2", "ResourceGather"];
const HEAD_ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ["Softmax", "softmax"],
  ["Sigmoid", "sigmoid"],
]);

/**
 * Reads a graph that is a chain as Keras's recurrent layers become one: perhaps an embedding, one or
 * several loops over time, and one dense layer over the last state.
 *
 * @returns tensors that belong to the caller's `tf.tidy()`
 * @throws {ServiceError} `unsupported_operator`, naming the node; `model_unusable` if the graph is broken
 */
export function readRecurrentGraph({ topology, weights, output }: RecurrentGraph): SequenceNetwork {
  const { node: nodes, library } = topology;
  if (!Array.isArray(nodes)) throw refuse(`"modelTopology" must hold the "node" of a graph model`);
  const values = new GraphValues(nodes, weights);
  const places = { values, library, weights };
  const head = readHead(values.read(readValueName(output)));
  const layers: LoopLayer[] = [];
  let source = readLast(head.source, { places, layers });
  // The layers come from the last to the first.
  for (
    let read = readEvery(source, { places, layers });
    read;
    read = readEvery(source, { places, layers })
  ) {
    source = read;
  }
  const { embeddings, placeholder } = readEmbedding(source);
  if (!isCall(placeholder, "Placeholder")) throw refuseValue(placeholder);
  return {
    embeddings,
    layers: layers.toReversed(),
    head: head.weights,
    headActivation: head.activation,
  };
}

interface Reading {
  places: LoopPlaces;
  /** Found so far. */
  layers: LoopLayer[];
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

/** The sequence that the last layer reads, whose last state or output is the value. */
function readLast(value: GraphValue, { places, layers }: Reading): GraphValue {
  const isSlice = isCall(value, "StridedSlice");
  const [stack, begin] = isSlice ? value.inputs : [];
  const isLast = begin?.kind === "constant" && begin.tensor.dataSync()[0] === -1;
  const list = stack && isLast ? readStack(stack) : undefined;
  const end = isSlice ? list : value;
  const loop = end?.kind === "call" ? readLayerLoop(end, places) : undefined;
  if (!loop || loop.gives !== (isSlice ? "outputs" : "state")) throw refuseValue(end ?? value);
  layers.push(loop.layer);
  return readSequence(loop.sequence);
}

/** The sequence that a layer reads whose outputs after every step are the value, where it is a layer. */
function readEvery(value: GraphValue, { places, layers }: Reading): GraphValue | undefined {
  const list = readStack(value);
  if (list?.kind !== "call") return undefined;
  const loop = readLayerLoop(list, places);
  if (!loop || loop.gives !== "outputs") throw refuseValue(list);
  layers.push(loop.layer);
  return readSequence(loop.sequence);
}

/** What a list was stacked from, steps first. */
function readStack(value: GraphValue): GraphValue | undefined {
  return isCall(value, "TensorListStack") ? value.inputs[0] : undefined;
}

/** What a list was made of: as a stack with the steps first, or with the samples first as it came in. */
function readSequence(list: GraphValue): GraphValue {
  const [tensor] = isCall(list, "TensorListFromTensor") ? list.inputs : [];
  if (!tensor) throw refuseValue(list);
  const [source, turns] = skipTranspositions(tensor);
  const isStack = readStack(source) !== undefined;
  if ((turns % 2 === 0) !== isStack) throw refuseValue(tensor);
  return source;
}

function skipTranspositions(tensor: GraphValue): [source: GraphValue, turns: number] {
  let [source, turns] = [tensor, 0];
  while (isCall(source, "Transpose")) {
    const [input, perm] = source.inputs;
    const order = perm?.kind === "constant" ? [...perm.tensor.dataSync()].join() : "";
    if (!input || order !== "1,0,2") throw refuseValue(source);
    [source, turns] = [input, turns + 1];
  }
  return [source, turns];
}

function readEmbedding(source: GraphValue): {
  embeddings: Tensor | undefined;
  placeholder: GraphValue;
} {
  if (!isCall(source, ...LOOKUPS)) return { embeddings: undefined, placeholder: source };
  const [table, indices] = source.inputs;
  if (table?.kind !== "constant" || !indices) throw refuseValue(source);
  return { embeddings: table.tensor, placeholder: skipWrap(indices) };
}

/** Keras counts indices below 0 from the end, which tokens never are. */
function skipWrap(indices: GraphValue): GraphValue {
  if (!isCall(indices, "SelectV2")) return indices;
  const [isBelow, , plain] = indices.inputs;
  const [left, zero] = isBelow && isCall(isBelow, "Less") ? isBelow.inputs : [];
  const isWrap = left === plain && zero?.kind === "constant" && zero.tensor.dataSync()[0] === 0;
  return plain && isWrap ? plain : indices;
}

function refuseValue(value: GraphValue): Error {
  if (value.kind !== "call") return refuse("its loop over time must end in one dense layer");
  const { name, op } = value.node;
  return unsupported(`node "${name}" (${op}) in a network with a loop over time`);
}
