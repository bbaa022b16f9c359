import type {
  ZodOpenApiOperationObject,
  ZodOpenApiPathItemObject,
  ZodOpenApiPathsObject,
  ZodOpenApiResponsesObject,
} from "zod-openapi";
import { jobResponses } from "./jobs.ts";
import { isOpenAiPath } from "./openai_error.ts";
import { errorResponses } from "./openapi_parts.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Calls that store something, so that the disk may be full. */
const STORED = [
  /^\/v1\/(datasets|fine_tuning)\b/,
  /^\/v1\/models(\/\{model\}(\/(versions|labels)\/\{\w+\})?)?$/,
  /:finetune$/,
];

/**
 * Documents what any call below `/v1` may answer: the database is away, the deadline has passed, a
 * body is too large or comes while too many others do, the disk is full. What a call says of these
 * itself stays.
 */
export function addSharedResponses(paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  const entries = Object.entries(paths).map(([path, item]) => {
    if (!path.startsWith("/v1/")) return [path, item];
    const described: ZodOpenApiPathItemObject = { ...item };
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const shared = listShared(operation, {
        isStored: method !== "get" && STORED.some((calls) => calls.test(path)),
      });
      const inItsForm = isOpenAiPath(path)
        ? jobResponses(...Object.keys(shared).map(Number))
        : shared;
      described[method] = { ...operation, responses: { ...inItsForm, ...operation.responses } };
    }
    return [path, described];
  });
  return Object.fromEntries(entries);
}

function listShared(
  { requestBody }: ZodOpenApiOperationObject,
  { isStored }: { isStored: boolean },
): ZodOpenApiResponsesObject {
  const { 413: tooLarge, 429: full, 503: away, 504: late } = errorResponses;
  return {
    ...(requestBody && { 413: tooLarge, 429: full }),
    503: away,
    504: late,
    ...(isStored && { 507: { ...away, description: "The disk is full" } }),
  };
}
