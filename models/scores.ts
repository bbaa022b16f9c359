import { ServiceError } from "../lib/service_error.ts";
import { sigmoid } from "../lib/sigmoid.ts";
import { softmax } from "../lib/softmax.ts";
import type { OutputActivation } from "./formats/graph.ts";

/** Probabilities over the classes, or one for each class where the network was trained so. */
export function toScores(
  logits: Float32Array<ArrayBuffer>,
  activation: OutputActivation,
): Float32Array {
  return activation === "sigmoid" ? logits.map(sigmoid) : softmax(logits);
}

/**
 * Passes values on that a client may see.
 *
 * @throws {ServiceError} `non_finite_output` if one of them is not finite
 */
export function requireFinite(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new ServiceError(
      "non_finite_output",
      `Cannot answer as every output must be finite: output ${index} is ${values[index]}`,
    );
  }
  return values;
}
