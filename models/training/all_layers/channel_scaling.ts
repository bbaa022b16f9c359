import type {
  LayeredNetwork,
  NetworkLayer,
  RecurrentLayer,
} from "../../networks/layered_network.ts";
import { RECURRENT_CELLS } from "../../kernels/recurrent_cells.ts";
import { type FeatureScaling, foldScaling, measureScaling } from "../feature_scaling.ts";
import type { NetworkSamples } from "./network_samples.ts";

/**
 * Mean and deviation of each channel over all steps of some samples; of each number for vectors.
 *
 * @param samples of numbers, not text
 * @param rows which samples
 */
export function measureChannels(
  { values, width, starts }: NetworkSamples,
  rows: Uint32Array,
): FeatureScaling {
  const steps: number[] = [];
  for (const row of rows) {
    for (let step = starts[row] as number; step < (starts[row + 1] as number); step++) {
      steps.push(step);
    }
  }
  return measureScaling(values as Float32Array, { length: width, rows: Uint32Array.from(steps) });
}

/** Copies of the samples with mean 0 and deviation 1 in each channel. */
export function scaleChannels(
  samples: NetworkSamples,
  { mean, factor }: FeatureScaling,
): NetworkSamples {
  const { width } = samples;
  const values = Float32Array.from(samples.values, (value, index) => {
    const channel = index % width;
    return (value - (mean[channel] as number)) * (factor[channel] as number);
  });
  return { ...samples, values };
}

/** Folds the scaling into the first layer, so that the network takes samples as they come. */
export function foldChannelScaling(
  { layers }: LayeredNetwork,
  scaling: FeatureScaling,
): LayeredNetwork {
  const [first, ...rest] = layers as [NetworkLayer, ...NetworkLayer[]];
  switch (first.kind) {
    case "recurrent":
      return { layers: [foldIntoRecurrent(first, scaling), ...rest] };
    case "dense": {
      const [folded] = foldScaling({ layers: [first] }, scaling).layers;
      return { layers: [{ ...first, ...folded }, ...rest] };
    }
    case "embedding":
      throw new TypeError("Cannot fold scaling as text has none");
  }
}

/** `((x - mean) * factor) K + b = x (factor K) + (b - (mean * factor) K)` */
function foldIntoRecurrent(
  layer: RecurrentLayer,
  { mean, factor }: FeatureScaling,
): RecurrentLayer {
  const columns = RECURRENT_CELLS[layer.cell].gates * layer.units;
  // The first bias is that of the input's product.
  const sums = Float64Array.from(layer.bias.subarray(0, columns));
  const kernel = layer.kernel.map((weight, index) => {
    const channel = Math.floor(index / columns);
    const column = index % columns;
    const scaled = weight * (factor[channel] as number);
    sums[column] = (sums[column] as number) - (mean[channel] as number) * scaled;
    return scaled;
  });
  const bias = layer.bias.slice();
  bias.set(sums);
  return { ...layer, kernel, bias };
}
