import * as tf from "@tensorflow/tfjs-core";
import { findGraphOutput } from "./find_graph_output.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { readRecurrentGraph } from "./recurrent_graph.ts";
import type { SequenceModel } from "./sequence_model.ts";
import { readTfjsNodes } from "./tfjs_attributes.ts";
import { readTfjsFiles } from "./tfjs_files.ts";
import { toServiceError } from "./tfjs_model.ts";
import { createSequenceModel } from "./tfjs_sequence_model.ts";

/** Operations whose value nobody need read. */
const UNREAD = ["Const", "NoOp", "Placeholder", "Exit"];

/**
 * Loads a graph model of TensorFlow.js whose loops over time are Keras's recurrent layers onto the
 * recurrent kernels, where it has a state like any other recurrent model.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the node, or `model_unusable`
 */
export function loadTfjsGraphSequenceModel(files: ModelFiles): SequenceModel {
  const { weightData, weightSpecs, modelTopology: topology, signature } = readTfjsFiles(files);
  const output = findGraphOutput(readTfjsNodes(topology), { signature, unread: UNREAD });
  tf.engine().startScope();
  try {
    const weights = tf.io.decodeWeights(weightData, weightSpecs);
    return createSequenceModel(readRecurrentGraph({ topology, weights, output }));
  } catch (error) {
    throw toServiceError(error);
  } finally {
    tf.engine().endScope();
  }
}
