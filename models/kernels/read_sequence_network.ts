import { refuse } from "../formats/tfjs_files.ts";
import type { LayersNetwork, Tensor } from "../tensors.ts";
import {
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import type { RecurrentWeights } from "./run_recurrent.ts";

type Layer = LayersNetwork["layers"][number];

/** One recurrent layer of a network. */
export interface SequenceLayer {
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Of the candidate and of the cell state. */
  activation: RecurrentActivation;
  /** Of the gates. */
  recurrentActivation: RecurrentActivation;
  /** In the layout of Keras. */
  weights: RecurrentWeights;
}

/** A network over a sequence: perhaps an embedding, recurrent layers, one dense layer. */
export interface SequenceNetwork {
  /** `[vocabulary, length]` float32; `undefined` where the input is a series. */
  embeddings: Tensor | undefined;
  /** From the input to the output, at least one. */
  layers: SequenceLayer[];
  /** Of the dense layer: kernel `[units, classes]` and bias `[classes]`, float32. */
  head: { kernel: Tensor; bias?: Tensor | undefined };
  /** What the dense layer applies to its sums. */
  headActivation: string;
}

/** Layers that change no number while the network is used. */
const TRANSPARENT = ["InputLayer", "Dropout"];

/**
 * Whether a layers model is a chain that {@linkcode readSequenceNetwork} reads, and so one that can be
 * run in pieces.
 */
export function isRecurrentChain(model: LayersNetwork): boolean {
  const { names, recurrent } = readChain(model);
  return names.at(-1) === "Dense" && recurrent.length > 0 && recurrent.every((layer) => {
    const { goBackwards, activation, recurrentActivation } = layer.getConfig();
    const isKnown = [activation, recurrentActivation ?? activation].every(isRecurrentActivation);
    return layer.getClassName() in RECURRENT_CELLS && !goBackwards && isKnown;
  });
}

/**
 * Finds the weights of a layers model that is a chain: perhaps an embedding, one or several of
 * SimpleRNN, LSTM and GRU, and one dense layer. Inputs and outputs for states may be there or not.
 *
 * @returns tensors of the model, which keeps them
 * @throws {ServiceError} `model_unusable` if it is built of other layers, or their settings are not
 * those that the kernels compute
 */
export function readSequenceNetwork(model: LayersNetwork): SequenceNetwork {
  const { names, embedding, recurrent, head } = readChain(model);
  const isChain = recurrent.length > 0 &&
    recurrent.every((layer) => layer.getClassName() in RECURRENT_CELLS);
  if (!head || names.at(-1) !== "Dense" || !isChain) {
    throw refuse(
      "its layers must be an Embedding or none, SimpleRNN, LSTM or GRU, and a Dense layer: " +
        `found ${names.join(", ")}`,
    );
  }
  if (embedding?.getConfig().maskZero) throw refuse("its Embedding must not mask zeros");
  const [kernel, bias] = head.getWeights();
  return {
    embeddings: embedding && requireWeight(embedding, embedding.getWeights()[0]),
    layers: recurrent.map(readLayer),
    head: { kernel: requireWeight(head, kernel), bias },
    headActivation: String(head.getConfig().activation),
  };
}

/** What a model would be if it were a chain. */
function readChain(model: LayersNetwork) {
  const layers = model.layers.filter((layer) => !TRANSPARENT.includes(layer.getClassName()));
  const names = layers.map((layer) => layer.getClassName());
  const embedding = names[0] === "Embedding" ? layers[0] : undefined;
  return { names, embedding, recurrent: layers.slice(embedding ? 1 : 0, -1), head: layers.at(-1) };
}

function readLayer(layer: Layer): SequenceLayer {
  const { goBackwards, resetAfter, activation, recurrentActivation } = layer.getConfig();
  if (goBackwards) throw refuse(`its layer ${layer.name} must read forwards`);
  const [kernel, recurrentKernel, bias] = layer.getWeights();
  return {
    cell: resetAfter ? "GRUResetAfter" : layer.getClassName() as RecurrentCellName,
    activation: readActivation(activation),
    recurrentActivation: readActivation(recurrentActivation ?? activation),
    weights: {
      kernel: requireWeight(layer, kernel),
      recurrentKernel: requireWeight(layer, recurrentKernel),
      bias,
    },
  };
}

function readActivation(name: unknown): RecurrentActivation {
  if (isRecurrentActivation(name)) return name;
  throw refuse(`its activations must be ${RECURRENT_ACTIVATIONS.join(", ")}: found ${name}`);
}

function isRecurrentActivation(name: unknown): name is RecurrentActivation {
  return RECURRENT_ACTIVATIONS.some((each) => each === name);
}

function requireWeight(layer: Layer, weight: Tensor | undefined): Tensor {
  if (weight) return weight;
  throw refuse(`its layer ${layer.name} must have its weights`);
}
