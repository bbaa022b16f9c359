import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { getLogger } from "@logtape/logtape";
import { type ErrorCode, ServiceError, toErrorFields } from "../lib/service_error.ts";
import { findStorageFault } from "../lib/storage/storage_fault.ts";
import type { AppEnv } from "./app_env.ts";
import { describeOpenAiError, isOpenAiPath } from "./openai_error.ts";

const logger = getLogger(["lastlayer", "http"]);

/** The HTTP status of each error code: the only place that knows both. */
export const STATUS_BY_CODE: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  malformed_request: 400,
  invalid_value: 422,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  upgrade_required: 426,
  body_too_large: 413,
  unsupported_media_type: 415,
  not_an_image: 415,
  image_too_large: 413,
  invalid_image: 422,
  model_not_found: 404,
  model_not_pulled: 409,
  verb_not_supported: 404,
  model_unusable: 422,
  unsupported_operator: 422,
  non_finite_output: 422,
  version_not_found: 404,
  dataset_not_found: 404,
  sample_not_found: 404,
  job_not_found: 404,
  already_exists: 409,
  conflict: 409,
  limit_reached: 409,
  invalid_sample: 422,
  invalid_archive: 422,
  state_invalid: 422,
  state_foreign: 422,
  state_expired: 410,
  sequence_not_found: 404,
  sequence_expired: 410,
  sequence_evicted: 410,
  sequence_deleted: 410,
  lease_lost: 409,
  queue_full: 429,
  deadline_exceeded: 504,
  // Nobody reads this answer; the number is the one that proxies log for it.
  client_closed_request: 499 as ContentfulStatusCode,
  worker_lost: 503,
  storage_full: 507,
  storage_unavailable: 503,
  shutting_down: 503,
  internal_error: 500,
};

/**
 * Answers with `{error, code, request_id}`, or as OpenAI does on paths of its own, and the headers
 * that belong to the code.
 */
export function errorResponse(context: Context<AppEnv>, error: ServiceError): Response {
  const { code, message, retryAfterSeconds } = error;
  if (retryAfterSeconds !== undefined) context.header("Retry-After", String(retryAfterSeconds));
  if (code === "unauthorized") context.header("WWW-Authenticate", "Bearer");
  if (code === "upgrade_required") context.header("Upgrade", "websocket");
  const status = STATUS_BY_CODE[code];
  if (isOpenAiPath(context.req.path)) {
    return context.json(describeOpenAiError(error, status), status);
  }
  return context.json({ error: message, code, request_id: context.var.requestId }, status);
}

/** Maps whatever a handler throws to an answer; what is not a known error is logged and a 500. */
export const handleError: ErrorHandler<AppEnv> = (error, context) => {
  // Hono's middleware throws answers that we made for it ourselves.
  if (error instanceof HTTPException && error.res) return error.res;
  return errorResponse(context, toServiceError(error, context));
};

/** Answers paths that no route has. */
export const handleNotFound: NotFoundHandler<AppEnv> = (context) => {
  const message = `Cannot find ${context.req.path}; GET /openapi.json lists the paths`;
  return errorResponse(context, new ServiceError("not_found", message));
};

function toServiceError(error: Error, context: Context<AppEnv>): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return new ServiceError("malformed_request", error.message);
  }
  const fault = findStorageFault(error);
  // What else fails once the client has gone fails because of that.
  if (!fault && context.req.raw.signal.aborted) {
    return new ServiceError("client_closed_request", "The client went away", { cause: error });
  }
  logger.error("Request {request_id} failed: {error}", {
    request_id: context.var.requestId,
    error,
  });
  if (fault) return fault;
  const { code, message } = toErrorFields(error);
  return new ServiceError(code, message);
}
