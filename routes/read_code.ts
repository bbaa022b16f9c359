import { readFloats } from "../lib/float32_bytes.ts";
import { ServiceError } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import { decodeBodySchema } from "./autoencoder_schemas.ts";
import { describeIssue } from "./describe_issue.ts";
import { parseJson } from "./json_inputs.ts";
import { isJson, type RequestBody } from "./read_body.ts";

/** Commas, colons and brackets of a JSON body besides those of the code. */
const JSON_TOKENS_BESIDES = 16;

/**
 * Reads the code of a picture: JSON numbers, as many bytes as the code has numbers, or four times as
 * many, which are float32 little endian.
 *
 * @param codeLength numbers of a code
 * @throws {ServiceError} `malformed_request` or `invalid_value`
 */
export function readCode({ bytes, mediaType }: RequestBody, codeLength: number): InputValue {
  if (isJson(mediaType)) return { kind: "code", values: readJsonCode(bytes, codeLength) };
  if (bytes.length === codeLength) return { kind: "code", values: bytes };
  if (bytes.length !== codeLength * 4) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the code as it must have ${codeLength} bytes, or ${
        codeLength * 4
      } as float32: ` +
        `it has ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const values = readFloats(view, 0, codeLength);
  return { kind: "code", values: requireNumbers(values, values) };
}

function readJsonCode(bytes: Uint8Array, codeLength: number) {
  const json = parseJson(bytes, codeLength + JSON_TOKENS_BESIDES);
  const result = decodeBodySchema.safeParse(json);
  if (!result.success) {
    const issue = describeIssue(result.error, json);
    throw new ServiceError("invalid_value", `Cannot read the body as ${issue}`);
  }
  const { inputs, dtype } = result.data;
  if (inputs.length !== codeLength) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the code as it must have ${codeLength} numbers: it has ${inputs.length}`,
    );
  }
  if (dtype === "float32") return requireNumbers(Float32Array.from(inputs), inputs);
  const wrong = inputs.find((value) => !Number.isInteger(value) || value < 0 || value > 255);
  if (wrong === undefined) return Uint8Array.from(inputs);
  throw new ServiceError(
    "invalid_value",
    `Cannot read the code as each number must be whole and from 0 to 255: current value is ${wrong}`,
  );
}

function requireNumbers(
  values: Float32Array<ArrayBuffer>,
  sent: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return values;
  throw new ServiceError(
    "invalid_value",
    "Cannot read the code as each number must be a finite float32: " +
      `number ${index} is ${sent[index]}`,
  );
}
