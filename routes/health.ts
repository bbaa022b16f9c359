import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { z } from "zod";
import type { AppEnv } from "./app_env.ts";

const live = z.object({ live: z.boolean() }).meta({ id: "Live" });
const ready = z.object({ ready: z.boolean() }).meta({ id: "Ready" });

/** `/v2/health/live` and `/v2/health/ready`, as the Open Inference Protocol names them. */
export function healthRoutes(isReady: () => boolean): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/v2/health/live", (context) => context.json({ live: true }))
    .get("/v2/health/ready", (context) => {
      const isReadyNow = isReady();
      return context.json({ ready: isReadyNow }, isReadyNow ? 200 : 503);
    });
}

/** Documentation of {@linkcode healthRoutes}. */
export const healthPaths: ZodOpenApiPathsObject = {
  "/v2/health/live": {
    get: {
      summary: "Liveness",
      tags: ["health"],
      security: [],
      responses: {
        200: { description: "The process runs", content: { "application/json": { schema: live } } },
      },
    },
  },
  "/v2/health/ready": {
    get: {
      summary: "Readiness",
      description: "Ready when every worker is warm, and not while the service drains.",
      tags: ["health"],
      security: [],
      responses: {
        200: { description: "Ready", content: { "application/json": { schema: ready } } },
        503: { description: "Not ready", content: { "application/json": { schema: ready } } },
      },
    },
  },
};
