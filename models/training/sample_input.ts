import { decodeSeries } from "../../lib/datasets/encode_values.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { InputValue } from "../inference_task.ts";
import type { ModelInput } from "../model_description.ts";

/**
 * Makes an input of the bytes of a sample, as a model takes it.
 *
 * @param bytes as the dataset stores them; the input may take them over
 * @throws {ServiceError} `invalid_sample` if the model does not take a sample of this form
 */
export function readSampleInput(bytes: Uint8Array<ArrayBuffer>, input: ModelInput): InputValue {
  switch (input.kind) {
    case "image":
      return { kind: "image", bytes };
    case "text":
      return { kind: "text", text: new TextDecoder().decode(bytes) };
    case "series": {
      const { steps, channels, values } = decodeSeries(bytes);
      if (channels === input.channels && steps <= input.stepsMax) {
        // A copy without the header, as its memory moves to a worker.
        return { kind: "series", values: values.slice() };
      }
      throw new ServiceError(
        "invalid_sample",
        `Cannot use series as it must have ${input.channels} channels and at most ` +
          `${input.stepsMax} steps: it has ${channels} and ${steps}`,
      );
    }
    case "vector":
      throw new TypeError("Vectors are features already");
  }
}
