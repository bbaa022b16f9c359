import { borrowLayersModel } from "../formats/borrow_layers_model.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { refuse } from "../formats/tfjs_files.ts";
import {
  readSequenceNetwork,
  type SequenceLayer,
  type SequenceNetwork,
} from "../kernels/read_sequence_network.ts";
import { RECURRENT_CELLS } from "../kernels/recurrent_cells.ts";
import type { Tensor } from "../tensors.ts";
import type { LayeredNetwork, NetworkLayer } from "./layered_network.ts";

/**
 * Reads the weights of a layers model over sequences, as `loadTfjsSequenceModel()` takes it. The
 * softmax of its last layer is left off, so that it gives logits.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `model_unusable`, naming the layer that cannot be trained
 */
export async function readLayeredNetwork(files: ModelFiles): Promise<LayeredNetwork> {
  return await borrowLayersModel(files, (model) => copyNetwork(readSequenceNetwork(model)));
}

function copyNetwork(
  { embeddings, layers, head, headActivation }: SequenceNetwork,
): LayeredNetwork {
  if (headActivation !== "softmax" && headActivation !== "linear") {
    throw refuse(`its last layer must end in softmax or linear: found ${headActivation}`);
  }
  const [tokens = 0, units = 0] = embeddings?.shape ?? [];
  const [inputs = 0, classes = 0] = head.kernel.shape;
  return {
    layers: [
      ...embeddings
        ? [{ kind: "embedding" as const, tokens, units, weights: copyValues(embeddings) }]
        : [],
      ...layers.map(copyRecurrent),
      {
        kind: "dense",
        inputs,
        units: classes,
        activation: "linear",
        weights: copyValues(head.kernel),
        bias: head.bias ? copyValues(head.bias) : new Float32Array(classes),
      },
    ],
  };
}

function copyRecurrent(
  { cell, activation, recurrentActivation, weights }: SequenceLayer,
): NetworkLayer {
  const { kernel, recurrentKernel, bias } = weights;
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const [inputs = 0] = kernel.shape;
  const [units = 0] = recurrentKernel.shape;
  const biases = (hasRecurrentBias ? 2 : 1) * gates * units;
  return {
    kind: "recurrent",
    cell,
    inputs,
    units,
    activation,
    recurrentActivation,
    kernel: copyValues(kernel),
    recurrentKernel: copyValues(recurrentKernel),
    bias: bias ? copyValues(bias) : new Float32Array(biases),
  };
}

/** The data itself lies in the memory of the backend. */
function copyValues(tensor: Tensor): Float32Array<ArrayBuffer> {
  return Float32Array.from(tensor.dataSync());
}
