import * as tf from "@tensorflow/tfjs-core";
import type { ModelFiles } from "./loaded_model.ts";
import { readRecurrentGraph } from "./recurrent_graph.ts";
import type { SequenceModel } from "./sequence_model.ts";
import { readTfjsNodes } from "./tfjs_attributes.ts";
import { isRecord, readTfjsFiles, refuse, type TfjsArtifacts } from "./tfjs_files.ts";
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
  const artifacts = readTfjsFiles(files);
  const output = findOutput(artifacts);
  tf.engine().startScope();
  try {
    const { weightData, weightSpecs, modelTopology: topology } = artifacts;
    const weights = tf.io.decodeWeights(weightData, weightSpecs);
    return createSequenceModel(readRecurrentGraph({ topology, weights, output }));
  } catch (error) {
    throw toServiceError(error);
  } finally {
    tf.engine().endScope();
  }
}

/** The node that the signature names, or else the one that no other reads. */
function findOutput({ modelTopology, signature }: TfjsArtifacts): string {
  const outputs = isRecord(signature?.outputs) ? Object.values(signature.outputs) : [];
  const nodes = readTfjsNodes(modelTopology);
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const names = outputs.length > 0
    ? outputs.map((each) => isRecord(each) ? String(each.name) : "")
    : nodes.filter(({ name, op }) => !UNREAD.includes(op) && !read.has(name))
      .map(({ name }) => name);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw refuse(`it must have one output: found ${names.length}`);
  }
  return name;
}
