import type { Context } from "hono";
import type { AppEnv } from "./app_env.ts";

/**
 * True when an error only says that the client went away: the body then breaks off in whatever way
 * the runtime has for it.
 */
export function isClientGone(error: unknown, context: Context<AppEnv>): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "ABORT_ERR" || context.req.raw.signal.aborted;
}
