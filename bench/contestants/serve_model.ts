import { dispose } from "@tensorflow/tfjs-core";
import type { LoadedModel } from "../../models/formats/loaded_model.ts";
import type { Tensor } from "../../models/tensors.ts";
import { serveContestant } from "./serve_contestant.mjs";

/** Answers the commands of a benchmark with the logits of a model for one input. */
export async function serveModel(model: LoadedModel, input: Tensor): Promise<void> {
  await serveContestant(() => {
    const { logits, features } = model.predict(input);
    const values = logits.dataSync() as Float32Array;
    dispose([logits, features]);
    return Promise.resolve(values);
  });
}
