import type { LayersNetwork } from "../tensors.ts";
import { keepLayersModel } from "./keep_layers_model.ts";
import type { ModelFiles } from "./loaded_model.ts";

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
  const { result, free } = await keepLayersModel(files, (model, free) => {
    return { result: read(model), free };
  });
  free();
  return result;
}
