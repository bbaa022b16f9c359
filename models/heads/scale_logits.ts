import type { DenseHead } from "./dense_head.ts";

/**
 * A head whose logits are those of another one times a factor: with 1 / temperature, its softmax is
 * calibrated, and whoever gets the head needs not know of a temperature.
 *
 * @param head stays as it is; layers before the last one are shared
 * @param factor finite and > 0
 * @throws {RangeError} if the factor is not
 */
export function scaleLogits(head: DenseHead, factor: number): DenseHead {
  if (!(factor > 0 && Number.isFinite(factor))) {
    throw new RangeError(
      `Cannot scale logits as the factor must be > 0: current value is ${factor}`,
    );
  }
  return {
    layers: head.layers.map((layer, index) =>
      index < head.layers.length - 1 ? layer : {
        ...layer,
        weights: layer.weights.map((weight) => weight * factor),
        bias: layer.bias.map((bias) => bias * factor),
      }
    ),
  };
}
