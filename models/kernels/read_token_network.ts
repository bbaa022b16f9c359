import { refuse } from "../formats/tfjs_files.ts";
import type { LayersNetwork } from "../tensors.ts";
import { readSequenceNetwork } from "./read_sequence_network.ts";
import type { TokenNetwork } from "./token_network.ts";

/**
 * Finds the weights of a layers model that is an embedding, one recurrent layer and one dense layer,
 * as the models that generate text are.
 *
 * @returns tensors of the model, which keeps them
 * @throws {ServiceError} `model_unusable` if it is built of other layers, or their settings are not
 * those that a step computes
 */
export function readTokenNetwork(model: LayersNetwork): TokenNetwork {
  const { embeddings, layers: [layer, ...more], head, headActivation } = readSequenceNetwork(model);
  if (!embeddings || !layer || more.length > 0 || headActivation !== "linear") {
    throw refuse(
      "it must be an Embedding, one recurrent layer and a Dense layer that gives logits to " +
        `generate: found ${1 + more.length} recurrent layers, activation ${headActivation}`,
    );
  }
  const { weights, ...settings } = layer;
  return { ...settings, embeddings, recurrent: weights, head };
}
