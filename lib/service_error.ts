/**
 * Every failure that a caller can act on, by its stable code. `routes/errors.ts` maps each code to
 * an HTTP status; nothing below `routes/` knows one.
 */
export const ERROR_CODES = [
  // Requests that cannot be read or that break a rule.
  "malformed_request",
  "invalid_value",
  "unauthorized",
  "not_found",
  "method_not_allowed",
  "upgrade_required",
  "body_too_large",
  "unsupported_media_type",
  // Images.
  "not_an_image",
  "image_too_large",
  "invalid_image",
  // Models.
  "model_not_found",
  "model_not_pulled",
  "verb_not_supported",
  "model_unusable",
  "unsupported_operator",
  "non_finite_output",
  "version_not_found",
  // Datasets, samples and jobs.
  "dataset_not_found",
  "sample_not_found",
  "job_not_found",
  "already_exists",
  "conflict",
  "limit_reached",
  "invalid_sample",
  "invalid_archive",
  // States of sequences.
  "state_invalid",
  "state_foreign",
  "state_expired",
  "sequence_not_found",
  "sequence_expired",
  "sequence_evicted",
  "sequence_deleted",
  // Capacity and faults.
  "lease_lost",
  "queue_full",
  "deadline_exceeded",
  "client_closed_request",
  "worker_lost",
  "storage_full",
  "storage_unavailable",
  "shutting_down",
  "internal_error",
] as const;

/** One of {@linkcode ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The part of an error that crosses a thread or the wire. */
export interface ErrorFields {
  /** For programs. */
  code: ErrorCode;
  /** For people: the action, the rule and the value found. */
  message: string;
}

/** Options of {@linkcode ServiceError}. */
export interface ServiceErrorOptions extends ErrorOptions {
  /** When a new attempt makes sense, in whole seconds. */
  retryAfterSeconds?: number;
  /** The parameter at fault, by the name that clients use. */
  param?: string | undefined;
}

/**
 * A failure with a stable code that callers branch on. The message names the action, the rule and
 * the value found; it is shown to clients, so it never holds a secret or a path outside the data.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ServiceError } from "./service_error.ts";
 *
 * const error = new ServiceError("image_too_large", "Cannot decode image as it has too many pixels");
 * assertEquals(error.code, "image_too_large");
 * ```
 */
export class ServiceError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "ServiceError";
  /** What callers branch on. */
  readonly code: ErrorCode;
  /** When a new attempt makes sense, in whole seconds; only where that is known. */
  readonly retryAfterSeconds: number | undefined;
  /** The parameter at fault, by the name that clients use; only where one is. */
  readonly param: string | undefined;

  /** The message is shown to clients. */
  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.param = options.param;
  }
}

/** What the log says of any thrown value: where it comes from, if it tells. */
export function toErrorDetails(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/**
 * Reduces any thrown value to its wire fields. A {@linkcode ServiceError} keeps its code and
 * message; anything else is an `internal_error` whose details stay in the log.
 */
export function toErrorFields(error: unknown): ErrorFields {
  if (error instanceof ServiceError) return { code: error.code, message: error.message };
  return { code: "internal_error", message: "Internal error; the log has the details" };
}
