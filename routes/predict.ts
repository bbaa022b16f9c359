import { type Context, Hono } from "hono";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { ServiceError } from "../lib/service_error.ts";
import type { OutputName, PredictAnswer } from "../models/inference_task.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import { carryState, type StateOfResult } from "./carry_state.ts";
import { requireSteps } from "./classify.ts";
import { targetModel, verbPath } from "./model_target.ts";
import {
  classifyRequestBody,
  errorResponses,
  modelParameter,
  stateHeaders,
} from "./openapi_parts.ts";
import { BINARY, packVectors, wantsBinary } from "./packed_vectors.ts";
import { type NetworkOutput, networkOutputsSchema, predictQuerySchema } from "./predict_schemas.ts";
import { roundAll } from "./round_all.ts";
import { type RequestOutcome, runInputs } from "./run_inputs.ts";
import type { Services } from "./services.ts";
import { SHAPE_HEADER } from "./shape_header.ts";
import { validateQuery } from "./validate_query.ts";

/**
 * `POST /v1/models/{model}:predict`: what the model looks at in, the outputs of the network out, in the
 * forms of TensorFlow Serving: `instances` give `predictions`, `inputs` give `outputs`.
 */
export function predictRoutes(services: Services) {
  return new Hono<AppEnv>().post(
    verbPath("predict"),
    validateQuery(predictQuerySchema),
    async (context) => {
      const started = performance.now();
      const { fetches, output_mode, return_state } = context.req.valid("query");
      const carried = carryState(services, return_state);
      const outcome = await runInputs(context, {
        services,
        target: targetModel(context),
        query: { verb: "predict", fetches, outputMode: output_mode },
        requireFit: (model) => requireSteps(model, { output_mode, return_state }),
        carried,
      });
      const results = requireAll(outcome);
      if (wantsBinary(context)) return answerBinary(context, { outcome, results, fetches });
      const states = await carried.seal(outcome);
      return context.json(describeOutputs(outcome, { results, fetches, states, started }));
    },
  );
}

/**
 * A list of numbers has no place for the error of one input, so that fails the request.
 *
 * @throws {ServiceError} the first error, which names the input
 */
function requireAll({ outcomes, isList }: RequestOutcome): PoolResult[] {
  return outcomes.map((outcome, index) => {
    if (!("error" in outcome)) return outcome.result;
    const { error } = outcome;
    if (!isList) throw error;
    const { code, message, retryAfterSeconds } = error;
    const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    throw new ServiceError(code, `Input ${index}: ${message}`, { cause: error, ...retry });
  });
}

function describeOutputs(
  { model, isList }: RequestOutcome,
  { results, fetches, states, started }: {
    results: PoolResult[];
    fetches: readonly OutputName[];
    states: StateOfResult;
    started: number;
  },
) {
  const head = { model: model.description.name, version: model.version };
  const outputs = results.map((result) => toOutput(answerOf(result), fetches));
  const [only] = results;
  if (!isList && only) {
    const { queueMs, timings } = only;
    const timing_ms = roundAll({ queue: queueMs, ...timings, total: performance.now() - started });
    return { ...head, outputs: outputs[0] as NetworkOutput, ...states.get(only), timing_ms };
  }
  const sealed = results.flatMap((result) => states.get(result) ?? []);
  return {
    ...head,
    predictions: outputs,
    ...(sealed.length > 0 ? { states: sealed } : {}),
    timing_ms: roundAll({ total: performance.now() - started }),
  };
}

function toOutput(
  { outputs, stepCount }: PredictAnswer,
  fetches: readonly OutputName[],
): NetworkOutput {
  const toRows = (name: OutputName) => {
    const values = outputs[name] ?? new Float32Array();
    if (stepCount === undefined) return Array.from(values);
    const length = values.length / stepCount;
    return Array.from({ length: stepCount }, (_, step) => {
      return Array.from(values.subarray(step * length, (step + 1) * length));
    });
  };
  const [only, ...more] = fetches;
  if (only && more.length === 0) return toRows(only);
  return Object.fromEntries(fetches.map((name) => [name, toRows(name)]));
}

/** Float32 little endian: `[inputs, length]`, or `[steps, length]` of one sequence. */
function answerBinary(
  context: Context<AppEnv>,
  { outcome, results, fetches }: {
    outcome: RequestOutcome;
    results: PoolResult[];
    fetches: readonly OutputName[];
  },
) {
  const [name, ...more] = fetches;
  const [stepCount] = results.map((result) => answerOf(result).stepCount);
  if (!name || more.length > 0 || (stepCount !== undefined && results.length > 1)) {
    throw new ServiceError(
      "invalid_value",
      `Cannot answer with ${BINARY} as it must be one output, and with output_mode=all of one ` +
        `input: found ${fetches.join(", ")} of ${results.length}`,
    );
  }
  const vectorOf = (result: PoolResult) => answerOf(result).outputs[name] ?? new Float32Array();
  const { bytes, headers } = packVectors(outcome, vectorOf);
  if (stepCount === undefined) return context.body(bytes, 200, headers);
  const shape = `${stepCount},${bytes.byteLength / 4 / stepCount}`;
  return context.body(bytes, 200, { ...headers, [SHAPE_HEADER]: shape });
}

function answerOf({ answer }: PoolResult): PredictAnswer {
  if (answer.verb === "predict") return answer;
  throw new TypeError(`The answer must predict: it has ${answer.verb}`);
}

/** Documentation of {@linkcode predictRoutes}. */
export const predictPaths: ZodOpenApiPathsObject = {
  "/v1/models/{model}:predict": {
    post: {
      summary: "The outputs of the network",
      description:
        "In the forms of TensorFlow Serving: `instances` give `predictions`, one for each; `inputs`, " +
        "or a body that is no JSON, is one input and gives `outputs`. An input that cannot be read " +
        "fails the request.",
      tags: ["inference"],
      requestParams: { path: modelParameter, query: predictQuerySchema, header: stateHeaders },
      requestBody: classifyRequestBody,
      responses: {
        200: {
          headers: { [SHAPE_HEADER]: { schema: { type: "string" }, description: "rows,columns" } },
          description: "Scores in the order of the model's labels, or what `fetches` names; with " +
            "`Accept: application/octet-stream` float32 little endian, and its shape in the header",
          content: {
            "application/json": { schema: networkOutputsSchema },
            [BINARY]: { schema: { type: "string", format: "binary" } },
          },
        },
        ...errorResponses,
        410: { ...errorResponses[404], description: "The state is older than STATE_AGE_MS_MAX" },
      },
    },
  },
};
