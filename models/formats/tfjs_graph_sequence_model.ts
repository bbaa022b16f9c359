import { loadGraphModelSync } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { readRecurrentGraph } from "./recurrent_graph.ts";
import type { SequenceModel } from "./sequence_model.ts";
import { readShape, readTfjsNodes } from "./tfjs_attributes.ts";
import { readTfjsFiles, refuse, type TfjsArtifacts } from "./tfjs_files.ts";
import { toServiceError, unsupported } from "./tfjs_model.ts";
import { createSequenceModel } from "./tfjs_sequence_model.ts";

/** Of a trial where the graph takes any number. */
const TRIAL_STEPS = 5;
/** Scores of a trial by the graph itself and by the kernels: sums in another order. */
const DIFFERENCE_MAX = 1e-4;

/**
 * Loads a graph model of TensorFlow.js whose loops over time are Keras's recurrent layers onto the
 * recurrent kernels, where it has a state like any other recurrent model. The graph is then run once as
 * it stands, by TensorFlow.js, and must give the same scores: a loop that is read wrongly is refused.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the node, or `model_unusable`
 */
export async function loadTfjsGraphSequenceModel(files: ModelFiles): Promise<SequenceModel> {
  const artifacts = readTfjsFiles(files);
  // Nothing else in this thread makes tensors until the scope ends.
  tf.engine().startScope();
  let model: SequenceModel | undefined;
  try {
    const { output, placeholder } = findEnds(artifacts);
    const weights = tf.io.decodeWeights(artifacts.weightData, artifacts.weightSpecs);
    const network = readRecurrentGraph({ topology: artifacts.modelTopology, weights, output });
    model = createSequenceModel(network);
    await requireSameScores(model, { artifacts, placeholder, network });
    return model;
  } catch (error) {
    model?.dispose();
    // A graph that fails halfway leaves what its lists keep: none of it is wanted any more.
    for (const tensor of tf.engine().state.activeScope.track) tensor.kept = false;
    throw toServiceError(error);
  } finally {
    tf.engine().endScope();
  }
}

/** The node that gives the answer, and the one that takes the input. */
function findEnds({ modelTopology }: TfjsArtifacts) {
  const nodes = readTfjsNodes(modelTopology);
  const placeholders = nodes.filter(({ op }) => op === "Placeholder");
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const ends = nodes.filter(({ name, op }) => op !== "Const" && op !== "NoOp" && !read.has(name));
  const [placeholder, end] = [placeholders[0], ends[0]];
  if (!placeholder || placeholders.length > 1) {
    throw refuse(`it must have one input: found ${placeholders.length}`);
  }
  if (!end || ends.length > 1) throw refuse(`it must have one output: found ${ends.length}`);
  return { output: end.name, placeholder };
}

async function requireSameScores(
  model: SequenceModel,
  { artifacts, placeholder, network }: {
    artifacts: TfjsArtifacts;
    placeholder: ReturnType<typeof readTfjsNodes>[number];
    network: ReturnType<typeof readRecurrentGraph>;
  },
): Promise<void> {
  const { signature, ...rest } = artifacts;
  const graph = loadGraphModelSync(signature ? { ...rest, signature } : rest);
  try {
    const [, declared = -1] = readShape(placeholder, "shape");
    const steps = declared > 0 ? declared : TRIAL_STEPS;
    const trial = makeTrial(model, { steps, embeddings: network.embeddings });
    const dtype = graph.inputs[0]?.dtype ?? "float32";
    const answer = await graph.executeAsync({ [placeholder.name]: tf.cast(trial, dtype) });
    const wanted = [answer].flat()[0]?.dataSync() ?? [];
    const found = tf.tidy(() => {
      const { logits } = model.predict(trial);
      if (network.headActivation === "softmax") return tf.softmax(logits).dataSync();
      return (network.headActivation === "sigmoid" ? tf.sigmoid(logits) : logits).dataSync();
    });
    const fits = wanted.length === found.length &&
      found.every((score, index) => Math.abs(score - (wanted[index] ?? NaN)) <= DIFFERENCE_MAX);
    if (!fits) {
      throw unsupported("a loop over time that is no recurrent layer from zeros, forwards,");
    }
  } finally {
    graph.dispose();
  }
}

/** Noise, or tokens, the same each time. */
function makeTrial(
  { inputShape }: SequenceModel,
  { steps, embeddings }: { steps: number; embeddings: Tensor | undefined },
): Tensor {
  if (!embeddings) {
    return tf.randomUniform([1, steps, inputShape[2] ?? 0], -1, 1, "float32", steps);
  }
  const [tokens = 1] = embeddings.shape;
  const indices = Array.from({ length: steps }, (_, step) => (step * 7 + 1) % tokens);
  return tf.tensor2d(indices, [1, steps], "int32");
}
