import { ServiceError } from "../../lib/service_error.ts";

/** What an option must be, whether it is, and what it is. */
export type OptionRule = [name: string, isMet: boolean, rule: string, value: unknown];

/**
 * Checks options of a training.
 *
 * @param rules named as the wire does
 * @throws {ServiceError} `invalid_value`, naming the first option that breaks its rule
 */
export function requireRules(rules: readonly OptionRule[]): void {
  for (const [name, isMet, rule, value] of rules) {
    if (isMet) continue;
    throw new ServiceError(
      "invalid_value",
      `Cannot train as ${name} must be ${rule}: current value is ${value}`,
      { param: name },
    );
  }
}

/** How much is done at a time, and how often. */
export interface PassOptions {
  /** Passes over the samples. */
  epochs: number;
  /** Samples per step. */
  batchSize: number;
}

/** The rules of passes over the samples. */
export function listPassRules(
  { epochs, batchSize }: PassOptions,
  { epochsMax, batchSizeMax }: { epochsMax: number; batchSizeMax: number },
): OptionRule[] {
  return [
    ["epochs", isWhole(epochs, 1, epochsMax), `a whole number from 1 to ${epochsMax}`, epochs],
    [
      "batch_size",
      isWhole(batchSize, 1, batchSizeMax),
      `a whole number from 1 to ${batchSizeMax}`,
      batchSize,
    ],
  ];
}

/** What decides which samples train, how much each counts, and when it is enough. */
export interface SplitOptions {
  /** Whether each class counts as much as any other. */
  classWeight: "none" | "balanced";
  /** Part of each class that is kept for validation. */
  validationSplit: number;
  /** Epochs without a lower validation loss; 0: any number. */
  patience: number;
  /** Of all that is drawn. */
  seed: number;
}

/** The rules of the split and of what goes by it. */
export function listSplitRules(
  { classWeight, validationSplit, patience, seed }: SplitOptions,
  { epochsMax }: { epochsMax: number },
): OptionRule[] {
  return [
    ["class_weight", ["none", "balanced"].includes(classWeight), "none or balanced", classWeight],
    ["validation_split", isShare(validationSplit), "in [0, 1)", validationSplit],
    [
      "patience",
      isWhole(patience, 0, epochsMax),
      `a whole number from 0 to ${epochsMax}`,
      patience,
    ],
    ["patience", patience === 0 || validationSplit > 0, "0 without validation_split", patience],
    ["seed", isWhole(seed, 0, 2 ** 32 - 1), `a whole number from 0 to ${2 ** 32 - 1}`, seed],
  ];
}

/** True for parts of a whole, which is none itself. */
export function isShare(value: number): boolean {
  return value >= 0 && value < 1;
}

/** True for whole numbers of a range, whose ends belong to it. */
export function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
