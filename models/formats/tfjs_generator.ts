import * as tf from "@tensorflow/tfjs-core";
import type { Tensor2D } from "../tensors.ts";
import type { ModelFiles } from "./loaded_model.ts";
import { isRecord, readTfjsFiles, refuse } from "./tfjs_files.ts";

/** A recurrent network that reads a token and tells what may come next. */
export interface TextGenerator {
  /** Number of different tokens. */
  readonly tokenCount: number;
  /** Length of the hidden state. */
  readonly stateLength: number;
  /**
   * Reads one token.
   *
   * @param state `[1, stateLength]` float32, kept by the caller; zeros at the start of a text
   * @returns the next state, owned by the caller
   */
  step(state: Tensor2D, token: number): Tensor2D;
  /** `[1, tokenCount]` float32 logits of the token that comes after a state, owned by the caller. */
  readLogits(state: Tensor2D): Tensor2D;
  /** Frees every tensor of the network. */
  dispose(): void;
}

/** Weights of an embedding, a gated recurrent layer and a dense layer, in the layout of Keras. */
interface GeneratorWeights {
  /** `[tokens, inputs]`. */
  embeddings: Tensor2D;
  /** `[inputs, 3 units]`: update gate, reset gate, candidate. */
  kernel: Tensor2D;
  /** `[units, 3 units]`. */
  recurrentKernel: Tensor2D;
  /** `[3 units]`. */
  bias: tf.Tensor1D;
  /** `[units, tokens]`. */
  headKernel: Tensor2D;
  /** `[tokens]`. */
  headBias: tf.Tensor1D;
}

/**
 * Loads a layers model of the form embedding, GRU, dense for stepping: z = sigmoid(x K_z + h R_z +
 * b_z), r likewise, c = tanh(x K_c + (r h) R_c + b_c), h' = z h + (1 - z) c, which is Keras' GRU with
 * `reset_after` false (Cho et al. 2014). The layers of TensorFlow.js dispatch twice the operations.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `model_unusable` if it has another form
 */
export function loadTfjsGenerator(files: ModelFiles): TextGenerator {
  const { modelTopology, weightSpecs, weightData } = readTfjsFiles(files);
  requireGru(modelTopology);
  tf.engine().startScope();
  try {
    const named = tf.io.decodeWeights(weightData, weightSpecs);
    const generator = createGenerator(pickWeights(named));
    for (const tensor of generator.tensors) tf.keep(tensor);
    return generator;
  } finally {
    tf.engine().endScope();
  }
}

function createGenerator(weights: GeneratorWeights): TextGenerator & { tensors: tf.Tensor[] } {
  const { embeddings, kernel, recurrentKernel, bias, headKernel, headBias } = weights;
  const [tokenCount] = embeddings.shape;
  const [units] = recurrentKernel.shape;
  // What a token adds to the gates does not depend on the state: one row of a table.
  const table = tf.add(tf.matMul(embeddings, kernel), bias); // [tokens, 3 units]
  const gatesTable = tf.slice2d(table as Tensor2D, [0, 0], [tokenCount, 2 * units]);
  const candidateTable = tf.slice2d(table as Tensor2D, [0, 2 * units], [tokenCount, units]);
  const gatesKernel = tf.slice2d(recurrentKernel, [0, 0], [units, 2 * units]);
  const candidateKernel = tf.slice2d(recurrentKernel, [0, 2 * units], [units, units]);
  const tensors = [gatesTable, candidateTable, gatesKernel, candidateKernel, headKernel, headBias];
  return {
    tokenCount,
    stateLength: units,
    step: (state, token) =>
      tf.tidy(() => {
        const gateInputs = tf.slice2d(gatesTable, [token, 0], [1, 2 * units]);
        const candidateInputs = tf.slice2d(candidateTable, [token, 0], [1, units]);
        const gates = tf.sigmoid(tf.add(tf.matMul(state, gatesKernel), gateInputs)); // [1, 2 units]
        const update = tf.slice2d(gates as Tensor2D, [0, 0], [1, units]);
        const reset = tf.slice2d(gates as Tensor2D, [0, units], [1, units]);
        const remembered = tf.matMul(tf.mul(reset, state) as Tensor2D, candidateKernel);
        const candidate = tf.tanh(tf.add(remembered, candidateInputs));
        return tf.add(candidate, tf.mul(update, tf.sub(state, candidate))) as Tensor2D;
      }),
    readLogits: (state) =>
      tf.tidy(() => tf.add(tf.matMul(state, headKernel), headBias) as Tensor2D),
    dispose: () => tf.dispose(tensors),
    tensors,
  };
}

/** The gates' activations and their order are part of the form. */
function requireGru(topology: Record<string, unknown>): void {
  const model = isRecord(topology.model_config) ? topology.model_config : {};
  const config = isRecord(model.config) ? model.config : {};
  const layers = (Array.isArray(config.layers) ? config.layers : []).filter(isRecord);
  const kinds = layers.map((layer) => layer.class_name).filter((kind) => kind !== "InputLayer");
  if (kinds.join() !== "Embedding,GRU,Dense") {
    throw refuse(`its layers must be Embedding, GRU, Dense: found ${kinds.join(", ")}`);
  }
  const [gru = {}, dense = {}] = ["GRU", "Dense"].map((kind) => {
    const layer = layers.find(({ class_name }) => class_name === kind);
    return isRecord(layer?.config) ? layer.config : {};
  });
  const found = [gru.activation, gru.recurrent_activation, gru.reset_after, dense.activation];
  if (found.join() !== "tanh,sigmoid,false,linear") {
    throw refuse(
      "its GRU must have tanh, sigmoid and reset_after false, and its end no activation: " +
        `found ${found.join(", ")}`,
    );
  }
}

function pickWeights(named: tf.NamedTensorMap): GeneratorWeights {
  const entries = Object.entries(named);
  const pick = <T extends tf.Tensor>(suffix: string, rank: number): T => {
    const [, tensor] = entries.find(([name]) => name.endsWith(suffix)) ?? [];
    if (tensor?.rank === rank) return tensor as T;
    throw refuse(`it must have a weight ${suffix} of rank ${rank}`);
  };
  const weights = {
    embeddings: pick<Tensor2D>("/embeddings", 2),
    kernel: pick<Tensor2D>("gru/kernel", 2),
    recurrentKernel: pick<Tensor2D>("gru/recurrent_kernel", 2),
    bias: pick<tf.Tensor1D>("gru/bias", 1),
    headKernel: pick<Tensor2D>("head/kernel", 2),
    headBias: pick<tf.Tensor1D>("head/bias", 1),
  };
  requireShapes(weights);
  return weights;
}

function requireShapes(weights: GeneratorWeights): void {
  const [tokens, inputs] = weights.embeddings.shape;
  const [units] = weights.recurrentKernel.shape;
  const expected: Record<keyof GeneratorWeights, number[]> = {
    embeddings: [tokens, inputs],
    kernel: [inputs, 3 * units],
    recurrentKernel: [units, 3 * units],
    bias: [3 * units],
    headKernel: [units, tokens],
    headBias: [tokens],
  };
  for (const [name, shape] of Object.entries(expected)) {
    const found = weights[name as keyof GeneratorWeights].shape;
    if (found.join() !== shape.join()) {
      throw refuse(`its weight ${name} must have shape [${shape}]: found [${found}]`);
    }
  }
}
