import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { getLogger } from "@logtape/logtape";
import type { AppEnv } from "./app_env.ts";
import type { Metrics } from "./metrics.ts";
import { documentedPath } from "./model_target.ts";

const logger = getLogger(["lastlayer", "http"]);

/** Writes one structured line per request and counts it. Bodies, queries and keys are not logged. */
export function accessLog(metrics: Metrics): MiddlewareHandler<AppEnv> {
  return createMiddleware<AppEnv>(async (context, next) => {
    const started = performance.now();
    await next();
    const milliseconds = performance.now() - started;
    const { method, path } = context.req;
    const { status } = context.res;
    const route = documentedPath(findRoute(context));
    metrics.observeRequest({ method, route, status }, milliseconds / 1000);
    // Probes come every few seconds for ever.
    const level = path.startsWith("/v2/health/") ? "debug" : "info";
    logger[level]("request", {
      request_id: context.var.requestId,
      method,
      path,
      status,
      duration_ms: Math.round(milliseconds * 10) / 10,
    });
  });
}

/**
 * The route that answered. Where a middleware of all paths did, it is the last one that the path
 * matches; the last of several is not always the one that answers.
 */
function findRoute(context: Context<AppEnv>): string {
  const answering = routePath(context);
  return answering === "/*" ? routePath(context, -1) : answering;
}
