import type { DenseHead, DenseLayer } from "../heads/dense_head.ts";

/** `(feature - mean) * factor` has mean 0 and standard deviation 1 over the training samples. */
export interface FeatureScaling {
  /** Of each feature. */
  mean: Float64Array<ArrayBuffer>;
  /** 0 where the feature is the same in all samples, as it tells nothing, or changes by too little. */
  factor: Float64Array<ArrayBuffer>;
}

/** A deviation below this part of the mean is float32 rounding. */
const ROUNDING_PART = 1e-6;
/** Times a weight of up to 10^5, which it is folded into, this is still a float32. */
const FACTOR_MAX = 1e33;

/**
 * Mean and deviation of each feature over some rows.
 *
 * @param features `[n, length]` row-major
 */
export function measureScaling(
  features: Float32Array,
  { length, rows }: { length: number; rows: Uint32Array },
): FeatureScaling {
  const mean = new Float64Array(length);
  const squares = new Float64Array(length);
  for (const row of rows) {
    const first = row * length;
    for (let i = 0; i < length; i++) {
      mean[i] = (mean[i] as number) + (features[first + i] as number);
    }
  }
  for (let i = 0; i < length; i++) mean[i] = (mean[i] as number) / rows.length;
  for (const row of rows) {
    const first = row * length;
    for (let i = 0; i < length; i++) {
      const difference = (features[first + i] as number) - (mean[i] as number);
      squares[i] = (squares[i] as number) + difference * difference;
    }
  }
  const factor = squares.map((square, i) => {
    const deviation = Math.sqrt(square / rows.length);
    const smallest = Math.max(ROUNDING_PART * Math.abs(mean[i] as number), 1 / FACTOR_MAX);
    return deviation > smallest ? 1 / deviation : 0;
  });
  return { mean, factor };
}

/** Folds the scaling into the first layer, so that the head takes features as they come. */
export function foldScaling(head: DenseHead, { mean, factor }: FeatureScaling): DenseHead {
  const [first, ...rest] = head.layers as readonly [DenseLayer, ...DenseLayer[]];
  const { units } = first;
  const bias = Float64Array.from(first.bias);
  const weights = first.weights.map((weight, index) => {
    const input = Math.floor(index / units);
    const folded = weight * (factor[input] as number);
    bias[index % units] = (bias[index % units] as number) - folded * (mean[input] as number);
    return folded;
  });
  return { layers: [{ ...first, weights, bias: Float32Array.from(bias) }, ...rest] };
}
