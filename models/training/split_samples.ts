import { createRandom, shuffle } from "../../lib/random.ts";

/** Which samples train the head and which only judge it, each in ascending order. */
export interface SampleSplit {
  /** At least one of each class. */
  training: Uint32Array<ArrayBuffer>;
  /** None where nothing is kept for validation. */
  validation: Uint32Array<ArrayBuffer>;
}

/** Options of {@linkcode splitSamples}. */
export interface SplitSamplesOptions {
  /** Part of each class for validation, in [0, 1). */
  validationSplit: number;
  /** The same seed and classes give the same split. */
  seed: number;
}

/**
 * Splits samples at random, each class in the same proportion. A class keeps at least one sample for
 * training.
 *
 * @param classes of each sample
 */
export function splitSamples(
  classes: ArrayLike<number>,
  { validationSplit, seed }: SplitSamplesOptions,
): SampleSplit {
  const random = createRandom(seed);
  const validation: number[] = [];
  for (const members of groupByClass(classes)) {
    shuffle(members, random);
    const count = Math.min(members.length - 1, Math.round(members.length * validationSplit));
    validation.push(...members.slice(0, Math.max(0, count)));
  }
  const isValidation = new Set(validation);
  const all = Array.from({ length: classes.length }, (_, index) => index);
  return {
    training: Uint32Array.from(all.filter((index) => !isValidation.has(index))),
    validation: Uint32Array.from(validation).sort(),
  };
}

/**
 * Splits samples into folds of equal size, each class spread evenly over them; each fold is the
 * validation part of one split.
 *
 * @param classes of each sample
 * @throws {RangeError} if there are fewer than 2 folds, or a class has only one sample
 */
export function splitFolds(
  classes: ArrayLike<number>,
  { folds, seed }: { folds: number; seed: number },
): SampleSplit[] {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new RangeError(
      `Cannot split samples as folds must be a whole number >= 2: current value is ${folds}`,
    );
  }
  const random = createRandom(seed);
  const members: number[][] = Array.from({ length: folds }, () => []);
  let next = 0;
  for (const group of groupByClass(classes)) {
    if (group.length === 1) {
      throw new RangeError("Cannot split samples into folds as each class must have at least 2");
    }
    shuffle(group, random);
    // Going on where the class before ended keeps the folds equal.
    for (const sample of group) members[next++ % folds]?.push(sample);
  }
  return members.map((validation, fold) => ({
    training: Uint32Array.from(members.filter((_, other) => other !== fold).flat()).sort(),
    validation: Uint32Array.from(validation).sort(),
  }));
}

/** The samples of each class, in ascending order; a class without samples has an empty list. */
export function groupByClass(classes: ArrayLike<number>): number[][] {
  const groups: number[][] = [];
  for (let sample = 0; sample < classes.length; sample++) {
    const index = classes[sample] as number;
    while (groups.length <= index) groups.push([]);
    groups[index]?.push(sample);
  }
  return groups;
}
