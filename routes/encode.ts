import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { encodeQuerySchema, encodingSchema } from "./autoencoder_schemas.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, imageRequestBody, modelParameter } from "./openapi_parts.ts";
import { BINARY, packVectors, type Vector, wantsBinary } from "./packed_vectors.ts";
import { answerBody, runInputs } from "./run_inputs.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/models/{model}:encode`: pictures in, short codes out. */
export function encodeRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("encode"),
    validateQuery(encodeQuerySchema),
    async (context) => {
      const started = performance.now();
      const query = { verb: "encode", dtype: context.req.valid("query").dtype } as const;
      const outcome = await runInputs(context, { services, target: targetModel(context), query });
      if (wantsBinary(context)) {
        const { bytes, headers } = packVectors(outcome, vectorOf);
        return context.body(bytes, 200, headers);
      }
      const field = (result: PoolResult) => ({ code: Array.from(vectorOf(result)) });
      return context.json(answerBody(outcome, { started, field }));
    },
  );
}

function vectorOf({ answer }: PoolResult): Vector {
  if (answer.verb === "encode") return answer.code;
  throw new TypeError(`The answer must be a code: it has ${answer.verb}`);
}

/** Documentation of {@linkcode encodeRoutes}. */
export const encodePaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:encode": {
    post: {
      summary: "Compress pictures into codes",
      description: "With `dtype=uint8` each number of a code is one byte.",
      tags: ["inference"],
      requestParams: { path: modelParameter, query: encodeQuerySchema },
      requestBody: imageRequestBody,
      responses: {
        200: {
          headers: { "X-Shape": { schema: { type: "string" }, description: "rows,columns" } },
          description: "Codes; with `Accept: application/octet-stream` float32 little endian or " +
            "bytes, row by row, and the header `X-Shape: rows,columns`",
          content: {
            "application/json": { schema: encodingSchema },
            [BINARY]: { schema: { type: "string", format: "binary" } },
          },
        },
        ...errorResponses,
      },
    },
  },
};
