import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { InferencePool } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";

/**
 * Refuses a request for inference at once when the queue is full: before its body is touched, as an
 * overloaded service must spend next to nothing on what it refuses.
 */
export function refuseWhenFull(pool: InferencePool): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (_context, next) => {
    pool.requireRoom(1);
    await next();
  });
}
