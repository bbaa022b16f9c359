import type { LabelledLogits } from "./score_predictions.ts";

/** Beyond it the logits say nothing. */
const TEMPERATURE_MAX = 20;
/**
 * Where classes are many, or the penalty is strong, logits are small: with 1,000 classes of 12 samples
 * the right factor is about 80.
 */
const FACTOR_MAX = 10_000;
const HALVINGS = 50;

/** Of the prior: a few samples do not outweigh it, a few dozen do. */
const PRIOR_WEIGHT = 4;

/**
 * The temperature by which logits are divided so that probabilities mean what they say: the one with
 * the smallest summed cross-entropy (Guo et al. 2017) and prior. Predictions stay the same.
 *
 * Where all samples are right, as happens with few of them, the cross-entropy alone falls for ever as
 * the temperature does. The prior is a normal distribution of the logarithm of the factor `f` of the
 * logits, with mean 0 and deviation 1/2: `2 (ln f)^2`, whose slope is `4 ln(f) / f`. It costs little
 * where a large factor is right, as what it costs grows with the logarithm alone.
 *
 * @param labelled samples that did not train the head
 * @returns from 1 / 10,000 to 20; 1 where there are no samples
 */
export function fitTemperature(labelled: LabelledLogits): number {
  if (labelled.classes.length === 0) return 1;
  const highest = findHighest(labelled);
  let low = 1 / TEMPERATURE_MAX;
  let high = FACTOR_MAX;
  // The slope is below 0 at one end and above it at the other, unless the best factor is an end.
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = Math.sqrt(low * high);
    const slope = sumSlopes(labelled, { highest, factor: middle }) +
      PRIOR_WEIGHT * Math.log(middle) / middle;
    if (slope > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** The highest logit of each sample. */
function findHighest({ logits, classes, classCount }: LabelledLogits): Float32Array {
  return Float32Array.from({ length: classes.length }, (_, sample) => {
    const row = logits.subarray(sample * classCount, (sample + 1) * classCount);
    return row.reduce((maximum, logit) => Math.max(maximum, logit), -Infinity);
  });
}

/** The derivative of the summed cross-entropy by the factor of the logits. */
function sumSlopes(
  { logits, classes, classCount }: LabelledLogits,
  { highest, factor }: { highest: Float32Array; factor: number },
): number {
  let slope = 0;
  for (let sample = 0; sample < classes.length; sample++) {
    const first = sample * classCount;
    const top = highest[sample] as number;
    let sum = 0;
    let mean = 0;
    // A plain loop, as it runs over all logits for each factor.
    for (let place = first; place < first + classCount; place++) {
      const difference = (logits[place] as number) - top;
      const power = Math.exp(factor * difference);
      sum += power;
      mean += power * difference;
    }
    slope += mean / sum - ((logits[first + (classes[sample] as number)] as number) - top);
  }
  return slope;
}
