import { getLogger } from "@logtape/logtape";
import { type ErrorCode, ServiceError, toErrorFields } from "../service_error.ts";
import type { NewSample } from "../storage/datasets/add_samples.ts";

const logger = getLogger(["lastlayer", "datasets"]);

/** How much of a value the reason of a rejection shows: a thousand of them are kept and sent together. */
export const SHOWN_CHARACTERS_MAX = 40;

/** A sample that cannot be stored. */
export interface RejectedSample {
  /** What it was called where it came from: a file name or a line. */
  name: string;
  /** For programs. */
  code: ErrorCode;
  /** For people. */
  reason: string;
}

/**
 * The samples of an upload one by one, so that only a few are in memory. It throws a `ServiceError`
 * when the upload as a whole cannot be read, and gives a {@linkcode RejectedSample} for one that
 * cannot.
 */
export type SampleSource = AsyncIterable<NewSample | RejectedSample>;

/**
 * Makes a rejected sample out of what was thrown over it. What is no `ServiceError` is a fault of the
 * service and goes to the log.
 */
export function rejectSample(name: string, error: unknown): RejectedSample {
  if (!(error instanceof ServiceError)) logger.error("A sample was rejected: {error}", { error });
  const { code, message } = toErrorFields(error);
  return { name, code, reason: message };
}
