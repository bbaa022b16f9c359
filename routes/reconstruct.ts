import { Hono } from "hono";
import { accepts } from "hono/accepts";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { reconstructionSchema, reconstructQuerySchema } from "./autoencoder_schemas.ts";
import { PNG } from "./decode.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, imageRequestBody, modelParameter } from "./openapi_parts.ts";
import { answerBody, type RequestOutcome, runInputs } from "./run_inputs.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/models/{model}:reconstruct`: a picture in, and what is left of it, or how much is lost. */
export function reconstructRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("reconstruct"),
    validateQuery(reconstructQuerySchema),
    async (context) => {
      const started = performance.now();
      const type = accepts(context, {
        header: "Accept",
        supports: [PNG, "application/json"],
        default: PNG,
      });
      const want = type === PNG ? "picture" : "error";
      const query = { verb: "reconstruct", want } as const;
      const outcome = await runInputs(context, { services, target: targetModel(context), query });
      context.header("Vary", "Accept");
      if (type === PNG) return context.body(pictureOf(outcome), 200, { "Content-Type": PNG });
      return context.json(answerBody(outcome, { started, field: errorOf }));
    },
  );
}

function pictureOf({ outcomes }: RequestOutcome): ArrayBuffer {
  const [only] = outcomes;
  if (!only || outcomes.length > 1) {
    throw new ServiceError(
      "invalid_value",
      `Cannot answer with a picture as there must be 1 input: current number is ${outcomes.length}; ` +
        "Accept: application/json takes several",
    );
  }
  if ("error" in only) throw only.error;
  const { answer } = only.result;
  if (answer.verb === "reconstruct" && "picture" in answer) return answer.picture.buffer;
  throw new TypeError(`The answer must be a picture: it has ${answer.verb}`);
}

function errorOf({ answer }: PoolResult) {
  if (answer.verb === "reconstruct" && "squaredError" in answer) {
    return { squared_error: answer.squaredError, anomaly_score: answer.anomalyScore };
  }
  throw new TypeError(`The answer must be an error: it has ${answer.verb}`);
}

/** Documentation of {@linkcode reconstructRoutes}. */
export const reconstructPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:reconstruct": {
    post: {
      summary: "Encode and decode a picture",
      description: "Answers with the picture; with `Accept: application/json` with its squared " +
        "error and an anomaly score.",
      tags: ["inference"],
      requestParams: { path: modelParameter },
      requestBody: imageRequestBody,
      responses: {
        200: {
          description: "The picture, or what it lost",
          content: {
            [PNG]: { schema: { type: "string", format: "binary" } },
            "application/json": { schema: reconstructionSchema },
          },
        },
        ...errorResponses,
      },
    },
  },
};
