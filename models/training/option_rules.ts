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

/** True for whole numbers of a range, whose ends belong to it. */
export function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
