import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { TEXTS_PER_TASK_MAX } from "../inference_task.ts";
import { registerFusedLayers } from "../kernels/fused_layers.ts";
import { readTokenNetwork } from "../kernels/read_token_network.ts";
import { StepRunner } from "../kernels/step_runner.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { readTfjsFiles } from "./tfjs_files.ts";
import { toServiceError } from "./tfjs_model.ts";
import { disposeVariables, variableNames } from "./tfjs_variables.ts";

/**
 * Loads a layers model that is an embedding, one recurrent layer and a dense layer for stepping, as
 * many texts at a time as a task may have.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `model_unusable` if it has another form
 */
export async function loadTfjsGenerator(files: ModelFiles): Promise<StepRunner> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  registerFusedLayers();
  const known = new Set(variableNames());
  tf.engine().startScope();
  try {
    const artifacts = { modelTopology, weightSpecs, weightData };
    const whole = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
    return new StepRunner(readTokenNetwork(whole), { batchMax: TEXTS_PER_TASK_MAX });
  } catch (error) {
    throw toServiceError(error);
  } finally {
    disposeVariables(variableNames().filter((name) => !known.has(name)));
    tf.engine().endScope();
  }
}
