import type { z } from "zod";
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from "zod-openapi";
import { listVersionPaths } from "./model_target.ts";
import { labelParameter, versionParameter } from "./openapi_parts.ts";

/** Documents every verb on a model on one of its versions too. */
export function addVersionPaths(paths: ZodOpenApiPathsObject): ZodOpenApiPathsObject {
  const entries = Object.entries(paths).flatMap(([path, item]) => {
    const { post } = item;
    const [whole = path, version, label] = listVersionPaths(path);
    if (!post || version === undefined || label === undefined) return [[path, item]];
    return [
      [whole, item],
      [version, { post: onVersion(post, { of: "one version", path: versionParameter }) }],
      [label, { post: onVersion(post, { of: "the version of a label", path: labelParameter }) }],
    ];
  });
  return Object.fromEntries(entries);
}

function onVersion(
  operation: ZodOpenApiOperationObject,
  { of, path }: { of: string; path: z.ZodObject },
): ZodOpenApiOperationObject {
  return {
    ...operation,
    summary: `${operation.summary}: ${of}`,
    requestParams: { ...operation.requestParams, path },
  };
}
