import { ServiceError } from "../../lib/service_error.ts";
import type { ModelFormat } from "../formats/load_model.ts";
import type { ModelFiles } from "../formats/loaded_model.ts";
import { readTfjsGraph } from "../formats/tfjs_graph.ts";
import { readTfliteGraph } from "../formats/tflite_graph.ts";
import { exportHeadedLayers } from "./export_headed_layers.ts";
import {
  type DescribedModel,
  exportLayersModel,
  type ExportOptions,
} from "./export_layers_model.ts";

/** A model to be exported, as it is stored. */
export interface StoredModel extends DescribedModel {
  /** How the files of the backbone are read. */
  format: ModelFormat;
  /** The backbone. */
  files: ModelFiles;
}

/**
 * Makes one layers model of a stored backbone and its head, from picture to softmax, that
 * `tf.loadLayersModel()` and Teachable Machine's image library load. Runs on the WASM backend, which
 * must be the active one. The files of a layers model without a head are given back as they are.
 *
 * @returns the files by their path, for `zipFiles()`
 * @throws {ServiceError} `unsupported_operator`, naming what has no layer; `model_unusable`, also
 *   for a model on vectors
 * @throws {TypeError} if head, labels and input do not fit the backbone
 */
export async function exportModel(
  model: StoredModel,
  options: ExportOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { format, files, head } = model;
  switch (format) {
    case "tflite": {
      const [bytes] = files.values();
      if (bytes === undefined || files.size > 1) {
        throw new ServiceError(
          "model_unusable",
          `Cannot export TensorFlow Lite model as it must be one file: found ${files.size}`,
        );
      }
      return exportLayersModel({ ...model, graph: readTfliteGraph(bytes).graph }, options);
    }
    case "tfjs-graph":
      return exportLayersModel({ ...model, graph: readTfjsGraph(files) }, options);
    case "tfjs-layers":
      return head ? await exportHeadedLayers({ ...model, head }, options) : files;
    case "identity":
      throw new ServiceError(
        "model_unusable",
        "Cannot export model as it must look at pictures: it takes vectors",
      );
  }
}
