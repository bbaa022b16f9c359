import { Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { carryState } from "./carry_state.ts";
import { targetModel, verbPath } from "./model_target.ts";
import {
  classifyRequestBody,
  errorResponses,
  modelParameter,
  stateHeaders,
} from "./openapi_parts.ts";
import { answerBody, runInputs } from "./run_inputs.ts";
import {
  type Classes,
  classificationSchema,
  classifyQuerySchema,
  type StatefulClasses,
} from "./schemas.ts";
import type { Services } from "./services.ts";
import { requireStateful } from "./step_sequence.ts";
import { validateQuery } from "./validate_query.ts";

/** `POST /v1/models/{model}:classify`: pictures in, the most probable labels out. */
export function classifyRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("classify"),
    validateQuery(classifyQuerySchema),
    async (context) => {
      const started = performance.now();
      const { top_k, threshold, output_mode, return_state } = context.req.valid("query");
      const carried = carryState(services, return_state);
      const outcome = await runInputs(context, {
        services,
        target: targetModel(context),
        query: { verb: "classify", topK: top_k, threshold, outputMode: output_mode },
        requireFit: (model) => requireSteps(model, { output_mode, return_state }),
        carried,
      });
      const { labels } = outcome.model;
      const states = await carried.seal(outcome);
      const field = (result: PoolResult): StatefulClasses => ({
        ...describeClasses(result, labels),
        ...states.get(result),
      });
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

/**
 * Refuses a model that reads no steps, where their answers are asked for, or has no state to give.
 *
 * @throws {ServiceError} `invalid_value`
 */
export function requireSteps(
  model: ServedModel,
  { output_mode, return_state }: { output_mode: "last" | "all"; return_state: boolean },
): void {
  if (output_mode === "all") requireRecurrent(model);
  if (return_state) requireStateful(model);
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
      summary: "Classify pictures, texts and series",
      description:
        "A recurrent model gives its `state` on request, and goes on from one that it gave " +
        "before: a series in pieces of any size gives the same answers as the whole.",
      tags: ["inference"],
      requestParams: { path: modelParameter, query: classifyQuerySchema, header: stateHeaders },
      requestBody: classifyRequestBody,
      responses: {
        200: {
          description: "The most probable labels, best first; `results` for several inputs",
          content: { "application/json": { schema: classificationSchema } },
        },
        ...errorResponses,
        410: { ...errorResponses[404], description: "The state is older than STATE_AGE_MS_MAX" },
      },
    },
  },
};
