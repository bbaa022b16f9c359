import type { Context } from "hono";
import { getLogger } from "@logtape/logtape";
import { ServiceError, toErrorFields } from "../lib/service_error.ts";
import type { InferenceQuery } from "../models/inference_task.ts";
import type { ModelTarget } from "../models/model_directory.ts";
import type { ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import type { AppEnv } from "./app_env.ts";
import type { CarriedState } from "./carry_state.ts";
import { readInputs } from "./read_inputs.ts";
import { roundAll } from "./round_all.ts";
import type { Services } from "./services.ts";

const logger = getLogger(["lastlayer", "http"]);

/** What became of one input: its answer, or why it has none. */
export type InputOutcome =
  & { name?: string }
  & ({ result: PoolResult } | { error: ServiceError });

/** The outcomes of a request in the order of its inputs. */
export interface RequestOutcome {
  model: ServedModel;
  outcomes: InputOutcome[];
  isList: boolean;
}

/** What {@linkcode runInputs} runs the inputs of a request on, and for what. */
export interface RunInputsOptions {
  services: Services;
  target: ModelTarget;
  query: InferenceQuery;
  /** Throws where the model cannot answer the query. */
  requireFit?: (model: ServedModel) => void;
  /** The state of the sequences that the inputs are pieces of, where the verb carries one. */
  carried?: CarriedState;
}

/**
 * Runs every input of a request through a model, each as a task of its own, so that the inputs of
 * one request spread over the workers.
 *
 * @throws {ServiceError} if the request as a whole cannot be served: no such model or verb, no
 *   readable body, no room in the queue, the deadline; or if its only input fails
 */
export async function runInputs(
  context: Context<AppEnv>,
  { services, target, query, requireFit, carried }: RunInputsOptions,
): Promise<RequestOutcome> {
  const { models, pool, metrics, limits } = services;
  const { signal } = context.var;
  // The model comes before the body, so that a wrong name does not cost an upload.
  using lease = await models.acquire(target, query.verb, signal);
  const { model } = lease;
  requireFit?.(model);
  const { inputsMax, pixelsMax } = limits;
  const read = await readInputs(context, {
    input: model.description.input,
    inputsMax,
    carriesState: carried !== undefined,
  });
  const { inputs, isList } = read;
  await carried?.takeIn(model, read);
  const isStateful = query.verb === "classify" || query.verb === "predict";
  const asked = carried?.isWanted && isStateful ? { ...query, returnState: true } : query;
  const tasks = inputs.flatMap((input) =>
    "error" in input ? [] : [{ model: model.id, input: input.value, query: asked, pixelsMax }]
  );
  const answers = pool.run(tasks, signal);
  const settled = await Promise.allSettled(
    inputs.map((input) => "error" in input ? Promise.reject(input.error) : answers.shift()),
  );
  signal.throwIfAborted();
  const outcomes = settled.map((outcome, index): InputOutcome => {
    const label = inputs[index]?.name;
    const named = label === undefined ? {} : { name: label };
    if (outcome.status === "rejected" || !outcome.value) {
      return { ...named, error: asServiceError(outcome, context.var.requestId) };
    }
    const { timings, queueMs } = outcome.value;
    metrics.observeStages(target.name, { queue: queueMs, ...timings });
    return { ...named, result: outcome.value };
  });
  return { model, outcomes, isList };
}

/**
 * The body that `:classify` and `:embed` share: one answer, or `results` with an answer or an error
 * for each input.
 *
 * @param field gives the verb's own field of one answer
 * @throws {ServiceError} the error of a single input
 */
export function answerBody<Field extends Record<string, unknown>>(
  { model, outcomes, isList }: RequestOutcome,
  { started, field }: { started: number; field: (result: PoolResult) => Field },
): AnswerBody<Field> {
  const head = { model: model.description.name, version: model.version };
  const [only] = outcomes;
  if (!isList && only) {
    if ("error" in only) throw only.error;
    const { queueMs, timings } = only.result;
    const timing_ms = roundAll({ queue: queueMs, ...timings, total: performance.now() - started });
    return { ...head, ...field(only.result), timing_ms };
  }
  const results = outcomes.map(({ name, ...outcome }) => ({
    ...(name === undefined ? {} : { name }),
    ...("error" in outcome ? describeError(outcome.error) : field(outcome.result)),
  }));
  return { ...head, results, timing_ms: roundAll({ total: performance.now() - started }) };
}

type AnswerBody<Field> =
  & { model: string; version: number; timing_ms: Record<string, number> & { total: number } }
  & (Field | { results: ({ name?: string } & (Field | ReturnType<typeof describeError>))[] });

function describeError(error: ServiceError) {
  const { message, code } = toErrorFields(error);
  return { error: message, code };
}

function asServiceError(outcome: PromiseSettledResult<unknown>, requestId: string): ServiceError {
  const error = outcome.status === "rejected" ? outcome.reason : new TypeError("No answer");
  if (error instanceof ServiceError) return error;
  logger.error("An input of request {request_id} failed: {error}", {
    request_id: requestId,
    error,
  });
  const { code, message } = toErrorFields(error);
  return new ServiceError(code, message, { cause: error });
}
