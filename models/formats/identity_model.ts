import type { Tensor2D } from "../tensors.ts";
import { type LoadedModel, requireInput } from "./loaded_model.ts";

/**
 * The network that leaves vectors as they are: what a head stands on that was trained on numbers
 * instead of on features. It has no weights.
 *
 * @param length of the vectors
 */
export function createIdentityModel(length: number): LoadedModel {
  const inputShape = [1, length];
  return {
    inputShape,
    featureLength: length,
    classCount: length,
    outputActivation: "softmax",
    predict(input) {
      requireInput(input, inputShape);
      return { logits: input.clone() as Tensor2D, features: input.clone() as Tensor2D };
    },
    dispose: () => {},
  };
}
