import { ServiceError } from "../../lib/service_error.ts";
import { GraphRunner } from "./graph_runner.ts";
import type { LoadedModel, ModelFiles } from "./loaded_model.ts";
import type { SequenceModel } from "./sequence_model.ts";
import { readTfliteGraph } from "./tflite_graph.ts";

export type { ModelFiles } from "./loaded_model.ts";

/** Formats that {@linkcode loadModel} reads. */
export const MODEL_FORMATS = ["tflite", "tfjs-graph", "tfjs-layers"] as const;
/** One of {@linkcode MODEL_FORMATS}. */
export type FileFormat = (typeof MODEL_FORMATS)[number];
/** A format of files, or `identity`, which has none: `createIdentityModel()`. */
export type ModelFormat = FileFormat | "identity";

/** The files of a model and how to read them. */
export interface LoadModelOptions {
  /** The files' own form. */
  format: ModelFormat;
  /** `tflite`: one file of any name. `tfjs-*`: `model.json` and the weight files that it lists. */
  files: ModelFiles;
}

/**
 * Loads a network of any format onto the WASM backend, which must be the active one.
 *
 * @returns a model that the caller disposes
 * @throws {ServiceError} `unsupported_operator`, naming it and where it stands; `model_unusable`
 * if a file is missing, broken, or not a network with one input and one output
 */
export async function loadModel({ format, files }: LoadModelOptions): Promise<LoadedModel> {
  // The loaders of TensorFlow.js take a while to import, so they come only when needed.
  switch (format) {
    case "tflite":
      return new GraphRunner(readTfliteGraph(requireOneFile(files)).graph);
    case "tfjs-graph":
      return (await import("./tfjs_graph_model.ts")).loadTfjsGraphModel(files);
    case "tfjs-layers":
      return await (await import("./tfjs_layers_model.ts")).loadTfjsLayersModel(files);
    default:
      throw new ServiceError(
        "model_unusable",
        `Cannot load model as its format must be one of ${
          MODEL_FORMATS.join(", ")
        }: found ${format}`,
      );
  }
}

/**
 * Loads a network over text or series onto the WASM backend, which must be the active one, with the
 * recurrent kernels.
 *
 * @returns a model that the caller disposes
 * @throws {ServiceError} `unsupported_operator`, naming it; `model_unusable` if a file is missing or
 * broken, or the network is none over sequences
 */
export async function loadSequenceModel(
  { format, files }: LoadModelOptions,
): Promise<SequenceModel> {
  if (format === "tfjs-layers") {
    return await (await import("./tfjs_sequence_model.ts")).loadTfjsSequenceModel(files);
  }
  if (format === "tfjs-graph") {
    return (await import("./tfjs_graph_sequence_model.ts")).loadTfjsGraphSequenceModel(files);
  }
  throw new ServiceError(
    "model_unusable",
    `Cannot load network over sequences as its format must be tfjs-layers or tfjs-graph: ` +
      `found ${format}`,
  );
}

function requireOneFile(files: ModelFiles): Uint8Array {
  const [bytes] = files.values();
  if (bytes === undefined || files.size > 1) {
    throw new ServiceError(
      "model_unusable",
      `Cannot load TensorFlow Lite model as it must be one file: found ${files.size}`,
    );
  }
  return bytes;
}
