import * as tf from "@tensorflow/tfjs-core";
import {
  isRecurrentChain,
  readSequenceNetwork,
  type SequenceNetwork,
} from "../kernels/read_sequence_network.ts";
import { RECURRENT_CELLS } from "../kernels/recurrent_cells.ts";
import { packRecurrentWeights, runRecurrent } from "../kernels/run_recurrent.ts";
import type { Tensor, Tensor2D } from "../tensors.ts";
import { keepLayersModel } from "./keep_layers_model.ts";
import type { ModelFiles } from "./loaded_model.ts";
import {
  readHeadActivation,
  scoreFeatures,
  type SequenceModel,
  type SequenceOutput,
  type SequenceRunOptions,
} from "./sequence_model.ts";
import { createWholeSequenceModel, readsSeries } from "./whole_sequence_model.ts";

/**
 * Loads a layers model over a sequence onto the recurrent kernels. A chain of perhaps an embedding,
 * one or several SimpleRNN, LSTM or GRU layers, and a dense layer, whose softmax or sigmoid is taken
 * off, runs in pieces; any other network over a series runs on the series as a whole.
 *
 * @param files `model.json` and the weight files that it lists
 * @throws {ServiceError} `unsupported_operator`, naming the layer, or `model_unusable`
 */
export async function loadTfjsSequenceModel(files: ModelFiles): Promise<SequenceModel> {
  const { model, release } = await keepLayersModel(files, (layers, free) => {
    if (readsSeries(layers) && !isRecurrentChain(layers)) {
      return { model: createWholeSequenceModel(layers, free), release: undefined };
    }
    return { model: createSequenceModel(readSequenceNetwork(layers)), release: free };
  });
  release?.();
  return model;
}

/**
 * Makes a model that runs on the recurrent kernels.
 *
 * @param network its tensors are copied
 * @throws {ServiceError} `model_unusable` if its end has an activation that is no softmax or sigmoid
 */
export function createSequenceModel(network: SequenceNetwork): SequenceModel {
  const outputActivation = readHeadActivation(network.headActivation);
  const layers = network.layers.map(({ weights, ...layer }) => ({
    ...layer,
    packed: packRecurrentWeights(layer.cell, weights),
  }));
  const copy = (tensor: Tensor | undefined) => tensor && tf.keep(tf.clone(tensor));
  const embeddings = copy(network.embeddings);
  const kernel = copy(network.head.kernel) as Tensor2D;
  const bias = copy(network.head.bias);
  for (const { packed } of layers) tf.keep(packed.packed);
  const lengths = layers.flatMap(({ cell, packed }) =>
    Array<number>(RECURRENT_CELLS[cell].states).fill(packed.units)
  );
  const stateLength = lengths.reduce((sum, length) => sum + length, 0);
  const [featureLength = 0, classCount = 0] = kernel.shape;
  const inputShape = embeddings ? [1, -1] : [1, -1, layers[0]?.packed.inputs ?? 0];
  const dtype = embeddings ? "int32" : "float32";

  const run = (input: Tensor, { state, everyStep = false }: SequenceRunOptions = {}) => {
    requireSequence(input, { inputShape, dtype });
    if (state && state.shape.join() !== `1,${stateLength}`) {
      throw new TypeError(
        `Cannot run model as its state must be [1, ${stateLength}]: found [${state.shape}]`,
      );
    }
    return tf.tidy((): SequenceOutput => {
      const initial = state ? tf.split(state, lengths, 1) : undefined;
      const final: Tensor2D[] = [];
      let x = embeddings ? tf.gather(embeddings, input as Tensor2D) : input;
      let features: Tensor2D | undefined;
      layers.forEach(({ packed, ...layer }, index) => {
        const isLast = index === layers.length - 1;
        const begin = final.length;
        const result = runRecurrent(x, packed, {
          ...layer,
          returnSequences: !isLast || everyStep,
          initialState: initial?.slice(begin, begin + RECURRENT_CELLS[layer.cell].states),
        });
        final.push(...result.state);
        features = result.state[0];
        x = result.outputs ?? x;
      });
      const output = {
        features: tf.clone(features as Tensor2D),
        state: tf.concat(final, 1) as Tensor2D,
      };
      if (!everyStep) return output;
      return { ...output, stepFeatures: tf.reshape(x, [-1, featureLength]) as Tensor2D };
    });
  };
  const score = (features: Tensor2D) => scoreFeatures(features, { kernel, bias });
  return {
    inputShape,
    outputActivation,
    classCount,
    featureLength,
    stateLength,
    run,
    score,
    predict(input) {
      const { features, state } = run(input);
      state.dispose();
      return { logits: score(features), features };
    },
    dispose() {
      tf.dispose([embeddings, kernel, bias, ...layers.map(({ packed }) => packed.packed)]
        .filter((tensor) => tensor !== undefined));
    },
  };
}

function requireSequence(
  input: Tensor,
  { inputShape, dtype }: { inputShape: readonly number[]; dtype: string },
): void {
  const [, , channels] = inputShape;
  const sound = input.rank === inputShape.length && input.shape[0] === 1 &&
    (input.shape[1] ?? 0) >= 1 && input.shape[2] === channels;
  if (!sound || input.dtype !== dtype) {
    throw new TypeError(
      `Cannot run model as its input must be ${dtype} of shape [1, steps${
        channels === undefined ? "" : `, ${channels}`
      }]: found ${input.dtype} of shape [${input.shape.join(", ")}]`,
    );
  }
}
