import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { registerFusedLayers } from "../kernels/fused_layers.ts";
import type { LayersNetwork } from "../tensors.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { readTfjsFiles } from "./tfjs_files.ts";
import { toServiceError } from "./tfjs_model.ts";
import { disposeVariables, variableNames } from "./tfjs_variables.ts";

/**
 * Loads a layers model for as long as its weights are being read, and frees all of it afterwards.
 *
 * @param files `model.json` and the weight files that it lists
 * @param read gives what is wanted of the model; tensors that it makes go too, unless they are kept
 * @throws {ServiceError} `unsupported_operator`, naming the layer, or `model_unusable`
 */
export async function borrowLayersModel<Result>(
  files: ModelFiles,
  read: (model: LayersNetwork) => Result,
): Promise<Result> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  registerFusedLayers();
  const known = new Set(variableNames());
  tf.engine().startScope();
  try {
    const artifacts = { modelTopology, weightSpecs, weightData };
    return read(await loadLayersModel({ load: () => Promise.resolve(artifacts) }));
  } catch (error) {
    throw toServiceError(error);
  } finally {
    disposeVariables(variableNames().filter((name) => !known.has(name)));
    tf.engine().endScope();
  }
}
