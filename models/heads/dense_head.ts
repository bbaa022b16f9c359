/** One dense layer: `y = activation(x weights + bias)`. */
export interface DenseLayer {
  /** Length of x. */
  readonly inputs: number;
  /** Length of y. */
  readonly units: number;
  /** `[inputs, units]` float32, row-major. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** `[units]` float32. */
  readonly bias: Float32Array<ArrayBuffer>;
  /** What y goes through; the last layer of a head is linear and gives logits. */
  readonly activation: "linear" | "relu";
}

/**
 * The trained end of a model: dense layers over the feature vector of a frozen backbone. What the
 * training did to standardise features is folded into the first layer.
 */
export interface DenseHead {
  /** At least one; each takes what the one before gives. */
  readonly layers: readonly DenseLayer[];
}
