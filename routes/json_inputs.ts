import { hasMoreJsonTokens } from "../lib/json_tokens.ts";
import { ServiceError } from "../lib/service_error.ts";
import { describeIssue } from "./describe_issue.ts";
import type { RequestInput, RequestInputs } from "./read_inputs.ts";
import { jsonBodySchema } from "./schemas.ts";

/** Structural characters that one input takes, generously counted. */
const TOKENS_PER_INPUT = 8;

/**
 * Reads pictures out of a JSON body: `inputs` or `instances`, as base64.
 *
 * @param bytes the body
 * @throws {ServiceError} `malformed_request` if it is not JSON, `invalid_value` if it has another
 *   form or more inputs than `inputsMax`
 */
export function readJsonInputs(
  bytes: Uint8Array,
  { inputsMax }: { inputsMax: number },
): RequestInputs {
  if (hasMoreJsonTokens(bytes, (inputsMax + 1) * TOKENS_PER_INPUT)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot read the body as it must have at most ${inputsMax} inputs: it has far more values`,
    );
  }
  const json = parseJson(bytes);
  const result = jsonBodySchema.safeParse(json);
  if (!result.success) {
    const issue = describeIssue(result.error, json);
    throw new ServiceError("invalid_value", `Cannot read the body as ${issue}`);
  }
  const { inputs, instances } = result.data;
  const images = inputs === undefined ? instances ?? [] : [inputs];
  return { inputs: images.map(decodeImage), isList: inputs === undefined };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError("malformed_request", `Cannot read the body as JSON: ${reason}`);
  }
}

/** An input that is not base64 is an error of its own, as the others may be good. */
function decodeImage(image: string | { b64: string }, index: number): RequestInput {
  const text = typeof image === "string" ? image : image.b64;
  const base64 = text.startsWith("data:") ? text.slice(text.indexOf(",") + 1) : text;
  const alphabet = /[-_]/.test(base64) ? "base64url" : "base64";
  try {
    return { bytes: Uint8Array.fromBase64(base64, { alphabet }) };
  } catch {
    const message = `Cannot read input ${index} as it must be base64: it starts with ` +
      JSON.stringify(base64.slice(0, 16));
    return { error: new ServiceError("malformed_request", message) };
  }
}
