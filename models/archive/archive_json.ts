import { hasMoreJsonTokens } from "../../lib/json_tokens.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { isRecord } from "../formats/tfjs_files.ts";

/** Values in one JSON file. `model.json` of MobileNetV2 as layers has 12,000. */
const TOKENS_MAX = 1_000_000;
/** Bytes of one JSON file. */
const JSON_BYTES_MAX = 32 * 2 ** 20;

/**
 * Reads a JSON file of an archive, which must hold an object.
 *
 * @param name of the file, for the message
 * @throws {ServiceError} `model_unusable`
 */
export function parseArchiveJson(bytes: Uint8Array, name: string): Record<string, unknown> {
  if (bytes.length > JSON_BYTES_MAX || hasMoreJsonTokens(bytes, TOKENS_MAX)) {
    throw refuseModel(
      `${name} must have at most ${JSON_BYTES_MAX} bytes and ${TOKENS_MAX} values`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw refuseModel(`${name} is not JSON`, error);
  }
  if (!isRecord(value)) throw refuseModel(`${name} is not a JSON object`);
  return value;
}

/** The error of a model that was sent and cannot be used; `rule` ends the sentence. */
export function refuseModel(rule: string, cause?: unknown): ServiceError {
  return new ServiceError("model_unusable", `Cannot import model as ${rule}`, { cause });
}
