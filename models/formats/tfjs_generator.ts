import { TEXTS_PER_TASK_MAX } from "../inference_task.ts";
import { readTokenNetwork } from "../kernels/read_token_network.ts";
import { StepRunner } from "../kernels/step_runner.ts";
import { borrowLayersModel } from "./borrow_layers_model.ts";
import type { ModelFiles } from "./loaded_model.ts";

/**
 * Loads a layers model that is an embedding, one recurrent layer and a dense layer for stepping, as
 * many texts at a time as a task may have.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `model_unusable` if it has another form
 */
export async function loadTfjsGenerator(files: ModelFiles): Promise<StepRunner> {
  return await borrowLayersModel(
    files,
    (model) => new StepRunner(readTokenNetwork(model), { batchMax: TEXTS_PER_TASK_MAX }),
  );
}
