import { Hono } from "hono";
import { createDocument } from "zod-openapi";
import type { AppEnv } from "./app_env.ts";
import { classifyPaths } from "./classify.ts";
import { embedPaths } from "./embed.ts";
import { healthPaths } from "./health.ts";
import { modelsPaths } from "./models.ts";

/** The OpenAPI 3.1 document of the whole service; each route file describes its own paths. */
export function createOpenApiDocument() {
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "lastlayer",
      version: "0.1.0",
      description: "Serves pretrained networks over HTTP and retrains only their last layer.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ bearer: [] }, {}],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    paths: { ...modelsPaths, ...classifyPaths, ...embedPaths, ...healthPaths },
  });
}

/** `GET /openapi.json`. */
export function openApiRoutes(): Hono<AppEnv> {
  let text: string | undefined;
  return new Hono<AppEnv>().get("/openapi.json", (context) => {
    text ??= JSON.stringify(createOpenApiDocument());
    return context.body(text, 200, { "Content-Type": "application/json" });
  });
}
