import { refuse } from "../formats/tfjs_files.ts";
import type { LayersNetwork, Tensor } from "../tensors.ts";
import {
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import type { TokenNetwork } from "./token_network.ts";

type Layer = LayersNetwork["layers"][number];

/**
 * Finds the weights of a layers model that is an embedding, one recurrent layer and one dense layer,
 * as the models that generate text are.
 *
 * @returns tensors of the model, which keeps them
 * @throws {ServiceError} `model_unusable` if it is built of other layers, or their settings are not
 * those that a step computes
 */
export function readTokenNetwork(model: LayersNetwork): TokenNetwork {
  const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
  const [embedding, recurrent, head] = layers;
  const names = layers.map((layer) => layer.getClassName());
  if (
    !embedding || !recurrent || !head || layers.length !== 3 || names[0] !== "Embedding" ||
    !((names[1] ?? "") in RECURRENT_CELLS) || names[2] !== "Dense"
  ) {
    throw refuse(
      "it must be an Embedding, a SimpleRNN, LSTM or GRU, and a Dense layer to generate: " +
        `found ${names.join(", ")}`,
    );
  }
  const { goBackwards, resetAfter, activation, recurrentActivation } = recurrent.getConfig();
  if (goBackwards || head.getConfig().activation !== "linear") {
    throw refuse("its recurrent layer must read forwards and its Dense layer give logits");
  }
  const [kernel, recurrentKernel, bias] = recurrent.getWeights();
  const [headKernel, headBias] = head.getWeights();
  return {
    cell: resetAfter ? "GRUResetAfter" : names[1] as RecurrentCellName,
    activation: readActivation(activation),
    recurrentActivation: readActivation(recurrentActivation ?? activation),
    embeddings: requireWeight(embedding, embedding.getWeights()[0]),
    recurrent: {
      kernel: requireWeight(recurrent, kernel),
      recurrentKernel: requireWeight(recurrent, recurrentKernel),
      bias,
    },
    head: { kernel: requireWeight(head, headKernel), bias: headBias },
  };
}

function readActivation(name: unknown): RecurrentActivation {
  const activation = RECURRENT_ACTIVATIONS.find((each) => each === name);
  if (activation) return activation;
  throw refuse(`its activations must be ${RECURRENT_ACTIVATIONS.join(", ")}: found ${name}`);
}

function requireWeight(layer: Layer, weight: Tensor | undefined): Tensor {
  if (weight) return weight;
  throw refuse(`its layer ${layer.name} must have its weights`);
}
