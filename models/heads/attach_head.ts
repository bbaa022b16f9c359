import { ServiceError } from "../../lib/service_error.ts";
import type { LoadedModel } from "../formats/loaded_model.ts";
import { isSequenceModel, type SequenceModel } from "../formats/sequence_model.ts";
import type { DenseHead } from "./dense_head.ts";
import { HeadRunner } from "./head_runner.ts";

/**
 * Makes a model of a loaded backbone and a head of its own, so that any number of models share one
 * backbone. The scores are the softmax of the logits.
 *
 * @param backbone stays the caller's: disposing of the model frees the head alone
 * @throws {ServiceError} `model_unusable` if the head takes feature vectors of another length
 */
export function attachHead(backbone: LoadedModel, head: DenseHead): LoadedModel | SequenceModel {
  const inputs = head.layers[0]?.inputs;
  if (inputs !== backbone.featureLength) {
    throw new ServiceError(
      "model_unusable",
      `Cannot attach head as it must take the backbone's ${backbone.featureLength} features: ` +
        `found ${inputs}`,
    );
  }
  const runner = new HeadRunner(head);
  const model: LoadedModel = {
    inputShape: backbone.inputShape,
    featureLength: runner.featureLength,
    classCount: runner.classCount,
    outputActivation: "softmax",
    predict: (input) => {
      const { logits, features } = backbone.predict(input);
      logits.dispose();
      return { logits: runner.apply(features), features };
    },
    dispose: () => runner.dispose(),
  };
  if (!isSequenceModel(backbone)) return model;
  const { stateLength, run } = backbone;
  return { ...model, stateLength, run, score: (features) => runner.apply(features) };
}
