import * as tf from "@tensorflow/tfjs-core";
import { RECURRENT_CELLS } from "../kernels/recurrent_cells.ts";
import { trainRecurrent } from "../kernels/train_recurrent.ts";
import type { Tensor, Tensor2D, Variable } from "../tensors.ts";
import type { LayeredNetwork, NetworkLayer, RecurrentLayer } from "./layered_network.ts";

/** Samples that a network reads together. The caller disposes both tensors. */
export interface NetworkBatch {
  /** `[n, steps]` int32 tokens, `[n, steps, channels]` float32, or `[n, length]` float32 vectors. */
  x: Tensor;
  /** `[n, steps]` bool: true where a sample has a step; unset where all have all. */
  mask?: Tensor | undefined;
}

/** Options of {@linkcode TrainableNetwork.apply}. */
export interface ApplyNetworkOptions {
  /** Part of the last layer's input that is left out, in [0, 1), and what decides which. */
  dropout?: { rate: number; seed: number } | undefined;
}

/** A layer with its weights as variables, in the order of `weightsOf()`. */
interface TrainableLayer {
  layer: NetworkLayer;
  variables: Variable[];
}

/**
 * A network on the active backend whose weights can be trained: gradients go through
 * {@linkcode TrainableNetwork.apply}. Whoever made it disposes it.
 */
export class TrainableNetwork implements Disposable {
  readonly #layers: readonly TrainableLayer[];

  /** Uploads the weights. */
  constructor({ layers }: LayeredNetwork) {
    this.#layers = layers.map((layer) => ({
      layer,
      variables: weightsOf(layer).map(({ values, shape }) =>
        tf.tidy(() => tf.variable(tf.tensor(values, shape, "float32")))
      ),
    }));
  }

  /** All weights, from the first layer to the last. */
  get variables(): Variable[] {
    return this.#layers.flatMap(({ variables }) => variables);
  }

  /**
   * Runs a batch.
   *
   * @returns logits after the last step of each sample, `[n, classes]` float32, the caller's
   */
  apply({ x, mask }: NetworkBatch, { dropout }: ApplyNetworkOptions = {}): Tensor2D {
    return tf.tidy(() => {
      let value = x;
      const lastRecurrent = this.#layers.findLast(({ layer }) => layer.kind === "recurrent");
      for (const trainable of this.#layers) {
        if (dropout && dropout.rate > 0 && trainable === this.#layers.at(-1)) {
          value = tf.dropout(value, dropout.rate, undefined, dropout.seed);
        }
        const returnSequences = trainable !== lastRecurrent;
        value = applyLayer(trainable, { x: value, mask, returnSequences });
      }
      return value as Tensor2D;
    });
  }

  /** Copies the weights, in the order of {@linkcode TrainableNetwork.variables}. */
  readWeights(): Float32Array<ArrayBuffer>[] {
    // Copies, as the data lies in the memory of the backend.
    return this.variables.map((variable) => Float32Array.from(variable.dataSync()));
  }

  /** Goes back to weights that were read. */
  assignWeights(weights: readonly Float32Array[]): void {
    this.variables.forEach((variable, index) => {
      const values = weights[index] as Float32Array;
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
    });
  }

  /** The network as it stands. */
  toNetwork(): LayeredNetwork {
    return {
      layers: this.#layers.map(({ layer, variables }) => {
        const [first, second, third] = variables.map((variable) =>
          Float32Array.from(variable.dataSync())
        ) as [Float32Array<ArrayBuffer>, ...Float32Array<ArrayBuffer>[]];
        switch (layer.kind) {
          case "embedding":
            return { ...layer, weights: first };
          case "recurrent":
            return {
              ...layer,
              kernel: first,
              recurrentKernel: second ?? layer.recurrentKernel,
              bias: third ?? layer.bias,
            };
          case "dense":
            return { ...layer, weights: first, bias: second ?? layer.bias };
        }
      }),
    };
  }

  /** Frees the variables. */
  [Symbol.dispose](): void {
    for (const variable of this.variables) variable.dispose();
  }
}

function weightsOf(layer: NetworkLayer): { values: Float32Array; shape: number[] }[] {
  switch (layer.kind) {
    case "embedding":
      return [{ values: layer.weights, shape: [layer.tokens, layer.units] }];
    case "recurrent": {
      const { gates, hasRecurrentBias } = RECURRENT_CELLS[layer.cell];
      const columns = gates * layer.units;
      return [
        { values: layer.kernel, shape: [layer.inputs, columns] },
        { values: layer.recurrentKernel, shape: [layer.units, columns] },
        { values: layer.bias, shape: hasRecurrentBias ? [2, columns] : [columns] },
      ];
    }
    case "dense":
      return [
        { values: layer.weights, shape: [layer.inputs, layer.units] },
        { values: layer.bias, shape: [layer.units] },
      ];
  }
}

function applyLayer(
  { layer, variables }: TrainableLayer,
  { x, mask, returnSequences }: NetworkBatch & { returnSequences: boolean },
): Tensor {
  switch (layer.kind) {
    case "embedding": {
      const [weights] = variables as [Variable];
      // The gradient of a look-up is missing on the WASM backend; that of a product is not.
      const tokens = tf.reshape(x, [-1]);
      // As int32 first: the backend writes the bits of whole numbers into float32.
      const chosen = tf.cast(tf.oneHot(tokens, layer.tokens), "float32");
      const rows = tf.matMul(chosen as Tensor2D, weights as Tensor as Tensor2D);
      return tf.reshape(rows, [...x.shape, layer.units]); // [n, steps, units]
    }
    case "recurrent":
      return applyRecurrent({ layer, variables }, { x, mask, returnSequences });
    case "dense": {
      const [weights, bias] = variables as [Variable, Variable];
      const sums = tf.add(tf.matMul(x as Tensor2D, weights as Tensor as Tensor2D), bias);
      return layer.activation === "relu" ? tf.relu(sums) : sums; // [n, units]
    }
  }
}

function applyRecurrent(
  { layer, variables }: { layer: RecurrentLayer; variables: Variable[] },
  { x, mask, returnSequences }: NetworkBatch & { returnSequences: boolean },
): Tensor {
  const { cell, activation, recurrentActivation } = layer;
  const [kernel, recurrentKernel, bias] = variables as [Variable, Variable, Variable];
  const weights = { cell, kernel, recurrentKernel, bias };
  const options = { activation, recurrentActivation, mask, returnSequences };
  const { state, outputs } = trainRecurrent(x, weights, options);
  // A step that is masked keeps the state, so the final one is that of the sample's last step.
  return outputs ?? state[0] as Tensor;
}
