import { ServiceError } from "../lib/service_error.ts";
import { showValue } from "../lib/show_value.ts";

/** The numbers that a head was trained on. */
export interface VectorInput {
  /** How many. */
  length: number;
}

/**
 * Packs the numbers of a vector.
 *
 * @param numbers what the client sent, of whatever form
 * @returns `[length]` float32, finite, in an array of its own
 * @throws {ServiceError} `invalid_value` if it is no list of `length` finite float32 numbers
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { packVector } from "./vector_input.ts";
 *
 * assertEquals(packVector([1, 2.5], { length: 2 }), Float32Array.of(1, 2.5));
 * ```
 */
export function packVector(
  numbers: unknown,
  { length }: VectorInput,
): Float32Array<ArrayBuffer> {
  if (!Array.isArray(numbers) || numbers.length !== length) {
    const found = Array.isArray(numbers) ? `${numbers.length}` : showValue(numbers);
    throw refuse(`it must be a list of ${length} numbers: found ${found}`);
  }
  const wrong = numbers.findIndex((value) =>
    typeof value !== "number" || !Number.isFinite(Math.fround(value))
  );
  if (wrong >= 0) {
    throw refuse(
      `each value must be a finite float32 number: value ${wrong} is ${showValue(numbers[wrong])}`,
    );
  }
  return Float32Array.from(numbers);
}

function refuse(rule: string): ServiceError {
  return new ServiceError("invalid_value", `Cannot read the vector as ${rule}`);
}
