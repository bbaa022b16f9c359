import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { sizeOf } from "../formats/graph_shapes.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { readTfjsFiles, refuse } from "../formats/tfjs_files.ts";
import { takeApart } from "../formats/tfjs_layers_model.ts";
import { readInputShape, toServiceError } from "../formats/tfjs_model.ts";
import type { DenseHead } from "../heads/dense_head.ts";
import type { LayersNetwork } from "../tensors.ts";
import {
  addHeadLayers,
  type DescribedModel,
  type ExportOptions,
  requireFit,
} from "./export_layers_model.ts";
import { startNetwork } from "./input_layers.ts";
import { inlineLayers } from "./inline_layers.ts";
import { writeTeachableFiles } from "./teachable_files.ts";
import { storeWeights } from "./weight_storage.ts";

/** A model to be exported whose backbone is a layers model of TensorFlow.js. */
export interface HeadedLayersModel extends DescribedModel {
  /** What takes the place of the network's own last layer. */
  head: DenseHead;
  /** `model.json` and the weight files that it lists. */
  files: ModelFiles;
}

/**
 * Makes one layers model of a backbone that is one already and a head, as `exportLayersModel()`
 * does of a graph. Runs on the WASM backend, which must be the active one, and leaves no tensor.
 *
 * @returns `model.json`, `weights.bin` and `metadata.json`, for `zipFiles()`
 * @throws {ServiceError} `model_unusable` or `unsupported_operator` if the backbone does not load
 * @throws {TypeError} if head, labels and input do not fit the backbone
 */
export async function exportHeadedLayers(
  described: HeadedLayersModel,
  { convention = "teachable-machine", storage = "float32", createdAt }: ExportOptions,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const known = new Set(variableNames());
  // As in `loadTfjsLayersModel()`: nothing else in this thread makes tensors until the scope ends.
  tf.engine().startScope();
  try {
    const whole = await loadBackbone(described.files);
    const value = takeApart(whole).network.outputs.at(-1);
    if (value === undefined) throw refuse("it gives no output");
    requireFit(described, {
      inputShape: readInputShape(whole.inputs[0]?.shape),
      featureLength: sizeOf(readInputShape(value.shape)),
      classCount: described.labels.length,
    });
    const { network, output, inputShape } = startNetwork(described.input, convention);
    const features = inlineLayers(network, { model: whole, from: output, value });
    const isVector = value.shape.length === 2;
    const vector = isVector ? features : network.add({ className: "Flatten", inputs: [features] });
    const logits = addHeadLayers(network, { head: described.head, from: vector });
    const scores = network.add({ className: "Softmax", inputs: [logits], config: { axis: -1 } });
    return writeTeachableFiles(described, {
      topology: network.toTopology(scores),
      stored: storeWeights(network.weights, storage),
      inputShape,
      createdAt,
      ...(convention === "network" ? { preprocessing: described.input } : {}),
    });
  } finally {
    for (const name of variableNames()) {
      if (!known.has(name)) tf.engine().state.registeredVariables[name]?.dispose();
    }
    tf.engine().endScope();
  }
}

async function loadBackbone(files: ModelFiles): Promise<LayersNetwork> {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  const artifacts = { modelTopology, weightSpecs, weightData };
  try {
    return await loadLayersModel({ load: () => Promise.resolve(artifacts) });
  } catch (error) {
    throw toServiceError(error);
  }
}

function variableNames(): string[] {
  return Object.keys(tf.engine().state.registeredVariables);
}
