import * as tf from "@tensorflow/tfjs-core";
import type { RecurrentCellName } from "../../../models/kernels/recurrent_cells.ts";
import { packRecurrentWeights, runRecurrent } from "../../../models/kernels/run_recurrent.ts";
import type { TokenNetwork } from "../../../models/kernels/token_network.ts";
import { makeValues, makeWeights } from "./recurrent_cases.ts";

/** Sizes of a small token network; odd ones, so that every row has padding. */
export const TOKEN_SIZES = { vocabulary: 7, inputs: 3, units: 13, classes: 5 };

/** A small network whose tensors the caller disposes. */
export function makeTokenNetwork(cell: RecurrentCellName): TokenNetwork {
  const { vocabulary, inputs, units, classes } = TOKEN_SIZES;
  return {
    cell,
    embeddings: makeValues([vocabulary, inputs], 6),
    recurrent: makeWeights(cell, { inputs, units, batch: 1, steps: 1 }),
    head: { kernel: makeValues([units, classes], 7), bias: makeValues([classes], 8) },
  };
}

/** Frees the tensors of a network. */
export function disposeTokenNetwork({ embeddings, recurrent, head }: TokenNetwork): void {
  tf.dispose([embeddings, { ...recurrent }, { ...head }]);
}

/** Logits at every step of `[n][steps]` tokens, by the layers one after the other. */
export function runTokenNetwork(network: TokenNetwork, tokens: number[][]): number[][][] {
  return tf.tidy(() => {
    const { cell, embeddings, recurrent, head } = network;
    const x = tf.stack(tokens.map((row) => tf.gather(embeddings, tf.tensor1d(row, "int32"))));
    const weights = packRecurrentWeights(cell, recurrent);
    const { outputs } = runRecurrent(x, weights, { returnSequences: true });
    const flat = tf.reshape(outputs as tf.Tensor, [-1, weights.units]) as tf.Tensor2D;
    const product = tf.matMul(flat, head.kernel as tf.Tensor2D);
    const logits = head.bias ? tf.add(product, head.bias) : product;
    return tf.reshape(logits, [tokens.length, tokens[0]?.length ?? 0, -1]).arraySync();
  }) as number[][][];
}
