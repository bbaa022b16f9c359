import { Hono } from "hono";
import { accepts } from "hono/accepts";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, inputsRequestBody, modelParameter } from "./openapi_parts.ts";
import { answerBody, type RequestOutcome, runInputs } from "./run_inputs.ts";
import { embeddingSchema, embedQuerySchema } from "./schemas.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

const BINARY = "application/octet-stream";

/** `POST /v1/models/{model}:embed`: pictures in, feature vectors out. */
export function embedRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("embed"),
    validateQuery(embedQuerySchema),
    async (context) => {
      const started = performance.now();
      const query = { verb: "embed" } as const;
      const outcome = await runInputs(context, { services, name: targetModel(context), query });
      context.header("Vary", "Accept");
      const type = accepts(context, {
        header: "Accept",
        supports: ["application/json", BINARY],
        default: "application/json",
      });
      if (type === BINARY) {
        const { bytes, shape } = packEmbeddings(outcome);
        return context.body(bytes, 200, { "Content-Type": BINARY, "X-Shape": shape });
      }
      const field = (result: PoolResult) => ({ embedding: Array.from(embeddingOf(result)) });
      return context.json(answerBody(outcome, { started, field }));
    },
  );
}

function embeddingOf({ answer }: PoolResult): Float32Array<ArrayBuffer> {
  if (answer.verb !== "embed") throw new TypeError(`The answer must embed: it has ${answer.verb}`);
  return answer.embedding;
}

/**
 * The feature vectors one after the other, float32 little endian.
 *
 * @throws {ServiceError} the first error, as there is no place for one among numbers
 */
function packEmbeddings(
  { model, outcomes }: RequestOutcome,
): { bytes: ArrayBuffer; shape: string } {
  const { featureLength } = model.report;
  const view = new DataView(new ArrayBuffer(outcomes.length * featureLength * 4));
  outcomes.forEach((outcome, row) => {
    if ("error" in outcome) throw outcome.error;
    embeddingOf(outcome.result).forEach((value, column) =>
      view.setFloat32((row * featureLength + column) * 4, value, true)
    );
  });
  return { bytes: view.buffer, shape: `${outcomes.length},${featureLength}` };
}

/** Documentation of {@linkcode embedRoutes}. */
export const embedPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:embed": {
    post: {
      summary: "Feature vectors of pictures",
      description: "The input of the model's last dense layer.",
      tags: ["inference"],
      requestParams: { path: modelParameter },
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
