import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { targetModel, verbPath } from "./model_target.ts";
import { errorResponses, inputsRequestBody, modelParameter } from "./openapi_parts.ts";
import { answerBody, runInputs } from "./run_inputs.ts";
import { type Classes, classificationSchema, classifyQuerySchema } from "./schemas.ts";
import type { Services } from "./services.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/models/{model}:classify`: pictures in, the most probable labels out. */
export function classifyRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("classify"),
    validateQuery(classifyQuerySchema),
    async (context) => {
      const started = performance.now();
      const { top_k, threshold, output_mode } = context.req.valid("query");
      const outcome = await runInputs(context, {
        services,
        target: targetModel(context),
        query: { verb: "classify", topK: top_k, threshold, outputMode: output_mode },
        requireFit: (model) => {
          if (output_mode === "all") requireRecurrent(model);
        },
      });
      const { labels } = outcome.model;
      const field = (result: PoolResult) => describeClasses(result, labels);
      return context.json(answerBody(outcome, { started, field }));
    },
  );
}

/** What a model says of one input. */
export function describeClasses({ answer }: PoolResult, labels: readonly string[]): Classes {
  if (answer.verb !== "classify") {
    throw new TypeError(`The answer must classify: it has ${answer.verb}`);
  }
  const { predictions, unknown, steps } = answer;
  const name = (scored: typeof predictions) =>
    scored.map(({ index, score }) => ({ label: labels[index] ?? "", index, score }));
  return {
    predictions: name(predictions),
    ...(steps ? { steps: steps.map((each) => ({ predictions: name(each) })) } : {}),
    ...(unknown ? { unknown: unknown.unknown, unknown_score: unknown.score } : {}),
  };
}

function requireRecurrent({ description: { name, input } }: ServedModel): void {
  if (input.kind === "text" || input.kind === "series") return;
  throw new ServiceError(
    "invalid_value",
    `Cannot answer every step as output_mode=all is for text and series: ${name} takes ` +
      `the kind ${input.kind}`,
    { param: "output_mode" },
  );
}

/** Documentation of {@linkcode classifyRoutes}. */
export const classifyPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:classify": {
    post: {
      summary: "Classify pictures",
      tags: ["inference"],
      requestParams: { path: modelParameter, query: classifyQuerySchema },
      requestBody: inputsRequestBody,
      responses: {
        200: {
          description: "The most probable labels, best first; `results` for several inputs",
          content: { "application/json": { schema: classificationSchema } },
        },
        ...errorResponses,
      },
    },
  },
};
