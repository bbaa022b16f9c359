import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { targetModel, verbPath } from "./model_target.ts";
import {
  errorResponses,
  inputsHeaders,
  inputsRequestBody,
  modelParameter,
} from "./openapi_parts.ts";
import { BINARY, packVectors, wantsBinary } from "./packed_vectors.ts";
import { answerBody, runInputs } from "./run_inputs.ts";
import { embeddingSchema, embedQuerySchema } from "./schemas.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/models/{model}:embed`: what the model looks at in, feature vectors out. */
export function embedRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("embed"),
    validateQuery(embedQuerySchema),
    async (context) => {
      const started = performance.now();
      const query = { verb: "embed" } as const;
      const outcome = await runInputs(context, { services, target: targetModel(context), query });
      if (wantsBinary(context)) {
        const { bytes, headers } = packVectors(outcome, vectorOf);
        return context.body(bytes, 200, headers);
      }
      const field = (result: PoolResult) => ({ embedding: Array.from(vectorOf(result)) });
      return context.json(answerBody(outcome, { started, field }));
    },
  );
}

function vectorOf({ answer }: PoolResult): Float32Array {
  if (answer.verb === "embed") return answer.embedding;
  throw new TypeError(`The answer must embed: it has ${answer.verb}`);
}

/** Documentation of {@linkcode embedRoutes}. */
export const embedPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:embed": {
    post: {
      summary: "Feature vectors",
      description: "The input of the model's last dense layer, or of a retrained head's first " +
        "hidden one; of a recurrent model, the last hidden state.",
      tags: ["inference"],
      requestParams: { path: modelParameter, header: inputsHeaders },
      requestBody: inputsRequestBody,
      responses: {
        200: {
          headers: { "X-Shape": { schema: { type: "string" }, description: "rows,columns" } },
          description: "Feature vectors; with `Accept: application/octet-stream` float32 little " +
            "endian, row by row, and the header `X-Shape: rows,columns`",
          content: {
            "application/json": { schema: embeddingSchema },
            [BINARY]: { schema: { type: "string", format: "binary" } },
          },
        },
        ...errorResponses,
      },
    },
  },
};
