import type { Context } from "hono";
import { ServiceError } from "../lib/service_error.ts";
import type { AppEnv } from "./app_env.ts";

/** What the runtime calls a connection that ends within a body. */
const GONE_CODES: readonly unknown[] = ["ECONNRESET", "ABORT_ERR"];

/**
 * Says what an error means that came while a body was read. Only there do these codes speak of the
 * client: from anywhere else they speak of the database.
 *
 * @returns `client_closed_request`, or `malformed_request` with the reason; a `ServiceError` as it is
 */
export function toBodyError(error: unknown, context: Context<AppEnv>): ServiceError {
  if (error instanceof ServiceError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (GONE_CODES.includes(code) || context.req.raw.signal.aborted) {
    return new ServiceError("client_closed_request", "The client went away", { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new ServiceError("malformed_request", `Cannot read the body: ${reason}`, { cause: error });
}
