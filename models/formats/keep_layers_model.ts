import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { registerFusedLayers } from "../kernels/fused_layers.ts";
import type { LayersNetwork } from "../tensors.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { isRecord, readTfjsFiles } from "./tfjs_files.ts";
import { toServiceError } from "./tfjs_model.ts";
import { disposeVariables, variableNames } from "./tfjs_variables.ts";

/**
 * Loads a layers model, on the recurrent kernels where it has recurrent layers, and makes something
 * of it that keeps its variables. It keeps no state between two calls.
 *
 * @param files `model.json` and the weight files that it lists
 * @param build is given the model, and what frees all of its variables and those that `build` made;
 * tensors that it makes go when it returns, unless they are kept. If it throws, nothing is left.
 * @throws {ServiceError} `unsupported_operator`, naming the layer, or `model_unusable`
 */
export async function keepLayersModel<Result>(
  files: ModelFiles,
  build: (model: LayersNetwork, free: () => void) => Result,
): Promise<Result> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  registerFusedLayers();
  const known = new Set(variableNames());
  const listCreated = () => variableNames().filter((name) => !known.has(name));
  let created: string[] = [];
  // Nothing else in this thread makes tensors or variables until the scope ends: TensorFlow.js
  // builds the model in one go once it has these artifacts.
  tf.engine().startScope();
  try {
    forgetStates(modelTopology);
    const artifacts = { modelTopology, weightSpecs, weightData };
    const model = await loadLayersModel({ load: () => Promise.resolve(artifacts) });
    const result = build(model, () => disposeVariables(created));
    created = listCreated();
    return result;
  } catch (error) {
    disposeVariables(listCreated());
    throw toServiceError(error);
  } finally {
    tf.engine().endScope();
  }
}

/**
 * Makes every recurrent layer of a topology start from zeros, also where its author wanted it to go on
 * from the call before: that may be the call of another client.
 */
function forgetStates(topology: unknown): void {
  if (Array.isArray(topology)) return topology.forEach(forgetStates);
  if (!isRecord(topology)) return;
  if (topology.stateful) topology.stateful = false;
  Object.values(topology).forEach(forgetStates);
}
