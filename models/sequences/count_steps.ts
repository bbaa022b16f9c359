import type { InputValue } from "../inference_task.ts";
import type { ModelInput } from "../model_description.ts";

/**
 * How many steps a piece has: rows of a series, characters of a text as it came, whose length was
 * bounded before.
 *
 * @throws {TypeError} if the piece is of another kind than the model reads
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { countSteps } from "./count_steps.ts";
 *
 * const piece = { kind: "series", values: new Float32Array(6) } as const;
 * assertEquals(countSteps(piece, { kind: "series", channels: 2, stepsMax: 9 }), 3);
 * ```
 */
export function countSteps(piece: InputValue, input: ModelInput): number {
  if (piece.kind === "series" && input.kind === "series") {
    return piece.values.length / input.channels;
  }
  if (piece.kind === "text" && input.kind === "text") return [...piece.text].length;
  throw new TypeError(`Cannot count steps as the model reads ${input.kind}: found ${piece.kind}`);
}
