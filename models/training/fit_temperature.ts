import type { LabelledLogits } from "./score_predictions.ts";

/** Temperatures that are looked at; beyond them the logits say nothing, or too few were given. */
const TEMPERATURE_MAX = 20;
const HALVINGS = 50;

/** Of the prior: a few samples do not outweigh it, a few dozen do. */
const PRIOR_WEIGHT = 4;

/**
 * The temperature by which logits are divided so that probabilities mean what they say: the one with
 * the smallest summed cross-entropy (Guo et al. 2017) and prior. Predictions stay the same.
 *
 * Where all samples are right, as happens with few of them, the cross-entropy alone falls for ever as
 * the temperature does. The prior is a gamma distribution of 1 / temperature with its mode at 1:
 * `4 (f - ln f)` for the factor `f` of the logits, which is convex and its slope 4 (1 - 1 / f).
 *
 * @param labelled samples that did not train the head
 * @returns from 1 / 20 to 20; 1 where there are no samples
 */
export function fitTemperature(labelled: LabelledLogits): number {
  if (labelled.classes.length === 0) return 1;
  let low = 1 / TEMPERATURE_MAX;
  let high = TEMPERATURE_MAX;
  // Loss and prior are convex in 1 / temperature, so its slope there changes sign once.
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = Math.sqrt(low * high);
    const slope = sumSlopes(labelled, middle) + PRIOR_WEIGHT * (1 - 1 / middle);
    if (slope > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** The derivative of the summed cross-entropy by the factor of the logits. */
function sumSlopes({ logits, classes, classCount }: LabelledLogits, factor: number): number {
  let slope = 0;
  for (let sample = 0; sample < classes.length; sample++) {
    const row = logits.subarray(sample * classCount, (sample + 1) * classCount);
    const highest = row.reduce((maximum, logit) => Math.max(maximum, logit), -Infinity);
    let sum = 0;
    let mean = 0;
    for (const logit of row) {
      const power = Math.exp(factor * (logit - highest));
      sum += power;
      mean += power * logit;
    }
    slope += mean / sum - (row[classes[sample] as number] as number);
  }
  return slope;
}
