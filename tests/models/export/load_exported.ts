import type * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";

/** Loads an exported model as a user of plain TensorFlow.js would, without the service's loaders. */
export function loadExported(files: ReadonlyMap<string, Uint8Array>): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = readJson(files, "model.json");
  const [{ paths, weights }] = weightsManifest;
  const weightData = (files.get(paths[0]) ?? new Uint8Array()).slice().buffer;
  const artifacts = { modelTopology, weightSpecs: weights, weightData } as tf.io.ModelArtifacts;
  return loadLayersModel({ load: () => Promise.resolve(artifacts) });
}

/** A JSON file of an exported model. */
// deno-lint-ignore no-explicit-any -- tests look at single fields
export function readJson(files: ReadonlyMap<string, Uint8Array>, name: string): any {
  return JSON.parse(new TextDecoder().decode(files.get(name)));
}
