import { Hono } from "hono";
import { createDocument, type ZodOpenApiObject } from "zod-openapi";
import { VERSION } from "../lib/version.ts";
import type { AppEnv } from "./app_env.ts";
import { classifyPaths } from "./classify.ts";
import { embedPaths } from "./embed.ts";
import { generatePaths } from "./generate.ts";
import { healthPaths } from "./health.ts";
import { metricsPaths } from "./metrics.ts";
import { modelsPaths } from "./models.ts";

/** The OpenAPI 3.1 document of the whole service; each route file describes its own paths. */
export function createOpenApiDocument() {
  return createDocument(describe(), {
    // Fields may be added to answers, so clients must not refuse those that they do not know.
    override: ({ jsonSchema, io }) => {
      if (io === "output") delete jsonSchema.additionalProperties;
    },
  });
}

function describe(): ZodOpenApiObject {
  return {
    openapi: "3.1.1",
    info: {
      title: "lastlayer",
      version: VERSION,
      description: "Serves pretrained networks over HTTP: labels and feature vectors of pictures.",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ bearer: [] }, {}],
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    paths: {
      ...modelsPaths,
      ...classifyPaths,
      ...embedPaths,
      ...generatePaths,
      ...healthPaths,
      ...metricsPaths,
    },
  };
}

/** `GET /openapi.json`. */
export function openApiRoutes(): Hono<AppEnv> {
  let text: string | undefined;
  return new Hono<AppEnv>().get("/openapi.json", (context) => {
    text ??= JSON.stringify(createOpenApiDocument());
    return context.body(text, 200, { "Content-Type": "application/json" });
  });
}
