import type { DenseLayer } from "../heads/dense_head.ts";
import type { RecurrentActivation, RecurrentCellName } from "../kernels/recurrent_cells.ts";

/** Gives a vector for each token. */
export interface EmbeddingLayer {
  /** Tells the layers apart. */
  kind: "embedding";
  /** Size of the vocabulary. */
  tokens: number;
  /** Length of a vector. */
  units: number;
  /** `[tokens, units]` float32. */
  weights: Float32Array<ArrayBuffer>;
}

/** Reads a sequence from its first step to its last. Weights are in the layout of Keras. */
export interface RecurrentLayer {
  /** Tells the layers apart. */
  kind: "recurrent";
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Length of one step of the input. */
  inputs: number;
  /** Length of the hidden state. */
  units: number;
  /** Of the candidate and of the cell state. */
  activation: RecurrentActivation;
  /** Of the gates. */
  recurrentActivation: RecurrentActivation;
  /** `[inputs, gates * units]` float32. */
  kernel: Float32Array<ArrayBuffer>;
  /** `[units, gates * units]` float32. */
  recurrentKernel: Float32Array<ArrayBuffer>;
  /** `[gates * units]` float32; `[2, gates * units]` for a GRU that resets after the product. */
  bias: Float32Array<ArrayBuffer>;
}

/** A dense layer among the others. */
export interface NetworkDenseLayer extends DenseLayer {
  /** Tells the layers apart. */
  kind: "dense";
}

/** One of the layers that can be trained. */
export type NetworkLayer = EmbeddingLayer | RecurrentLayer | NetworkDenseLayer;

/**
 * A network whose layers stand one after the other, with its weights: perhaps an embedding, recurrent
 * layers, and one dense layer over the last state; or dense layers alone, over vectors. It gives
 * logits. Plain data, which can be posted to a worker.
 */
export interface LayeredNetwork {
  /** From the input to the logits. */
  layers: readonly NetworkLayer[];
}
