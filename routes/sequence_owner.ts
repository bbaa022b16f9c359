import type { Context } from "hono";
import { createHash } from "node:crypto";
import type { AppEnv } from "./app_env.ts";

/**
 * Whoever sends a request, as its API key tells, of which only the hash is kept; the same for all
 * where the service asks for no keys.
 *
 * @param apiKeys those that are valid; the key of this request has been checked
 */
export function sequenceOwner(context: Context<AppEnv>, apiKeys: readonly string[]): string {
  if (apiKeys.length === 0) return "";
  const header = context.req.header("Authorization") ?? "";
  // The scheme is the same in any case and with any number of spaces; the key is not.
  const key = header.replace(/^\S+\s+/, "").trim();
  return createHash("sha256").update(key).digest("hex");
}
