import type { DenseHead } from "./dense_head.ts";

/** Dense layers of one head. */
export const HEAD_LAYERS_MAX = 16;

/** Weights and biases of one head together: 64 MiB. 1,280 features and 1,000 classes take 1.3 million. */
export const HEAD_ELEMENTS_MAX = 2 ** 24;

/** Sizes of one layer, which is what the limits and the fit of the layers are judged by. */
export interface HeadLayerSize {
  /** Length of the vector that goes in. */
  inputs: number;
  /** Length of the vector that comes out. */
  units: number;
}

/**
 * Says what keeps sizes from making up a head: the number of layers, a size that is not a whole
 * number >= 1, a layer that does not take what the one before gives, or too many weights.
 *
 * @returns the end of a sentence that begins with "as", or undefined where nothing is wrong
 */
export function findHeadSizeFault(layers: readonly HeadLayerSize[]): string | undefined {
  if (layers.length < 1 || layers.length > HEAD_LAYERS_MAX) {
    return `it must have 1 to ${HEAD_LAYERS_MAX} layers: found ${layers.length}`;
  }
  let elements = 0;
  let unitsBefore = layers[0]?.inputs;
  for (const [index, { inputs, units }] of layers.entries()) {
    if (!isSize(inputs) || !isSize(units)) {
      return `layer ${index} must have whole sizes >= 1: found ${inputs} x ${units}`;
    }
    if (inputs !== unitsBefore) {
      return `layer ${index} must take ${unitsBefore} inputs, which the one before gives: ` +
        `found ${inputs}`;
    }
    elements += (inputs + 1) * units;
    unitsBefore = units;
  }
  if (elements <= HEAD_ELEMENTS_MAX) return undefined;
  return `it must have at most ${HEAD_ELEMENTS_MAX} weights: found ${elements}`;
}

/**
 * Says what keeps a head from being run: its sizes, arrays of other lengths than the sizes say, a
 * last layer that gives no logits, or a number that is not finite.
 *
 * @returns the end of a sentence that begins with "as", or undefined where nothing is wrong
 */
export function findHeadFault({ layers }: DenseHead): string | undefined {
  const fault = findHeadSizeFault(layers);
  if (fault !== undefined) return fault;
  for (const [index, { inputs, units, weights, bias, activation }] of layers.entries()) {
    if (weights.length !== inputs * units || bias.length !== units) {
      return `layer ${index} must have ${inputs * units} weights and ${units} biases: ` +
        `found ${weights.length} and ${bias.length}`;
    }
    if (index === layers.length - 1 && activation !== "linear") {
      return `the last layer must be linear: found ${activation}`;
    }
    if (!weights.every(Number.isFinite) || !bias.every(Number.isFinite)) {
      return `layer ${index} has a weight that is not finite`;
    }
  }
  return undefined;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
