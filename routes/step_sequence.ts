import { ServiceError } from "../lib/service_error.ts";
import type { InferenceAnswer, InferenceQuery, InputValue } from "../models/inference_task.ts";
import type { ModelLease, ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import { countSteps } from "../models/sequences/count_steps.ts";
import type { Sequence, SequenceTurn } from "../models/sequences/sequence_store.ts";
import type { SequenceState } from "../models/sequences/state_token.ts";
import type { Services } from "./services.ts";

/** What is asked of each piece of a sequence. */
export type PieceQuery = Pick<
  Extract<InferenceQuery, { verb: "classify" }>,
  "topK" | "threshold" | "outputMode"
>;

/** A piece that a model is to read. */
export interface Piece {
  model: ServedModel;
  input: InputValue;
  query: PieceQuery;
  /** Where the sequence stands before it. */
  before: Readonly<{ state: SequenceState["state"] | undefined; steps: number }>;
}

/** A turn of a sequence, the model that it runs on, and what the model is to read. */
export interface SequenceStep extends Omit<Piece, "before"> {
  turn: SequenceTurn;
}

/**
 * Makes a model ready that has a state which can be carried from piece to piece.
 *
 * @throws {ServiceError} as `ModelRegistry.acquire`; `invalid_value` if it has no such state
 */
export async function acquireStateful(
  { models }: Services,
  { target, signal }: { target: Parameters<Services["models"]["acquire"]>[0]; signal: AbortSignal },
): Promise<ModelLease> {
  const lease = await models.acquire(target, "classify", signal);
  try {
    requireStateful(lease.model);
    return lease;
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

/**
 * Refuses a model whose state cannot be carried.
 *
 * @throws {ServiceError} `invalid_value`
 */
export function requireStateful({ description: { name }, report }: ServedModel): void {
  if (report.stateLength > 0) return;
  throw new ServiceError(
    "invalid_value",
    `Cannot keep a state of model ${name} as it must be recurrent and give its state: it has none`,
  );
}

/**
 * Makes the version ready that a sequence began with.
 *
 * @throws {ServiceError} as {@linkcode acquireStateful}; `sequence_deleted` if the version is another
 *   by now, under the same name and number
 */
export async function acquireForSequence(
  services: Services,
  { sequence, signal }: { sequence: Readonly<Sequence>; signal: AbortSignal },
): Promise<ModelLease> {
  const { model: name, version, modelId } = sequence;
  const target = { name, selector: { version } };
  const lease = await acquireStateful(services, { target, signal });
  if (lease.model.id === modelId) return lease;
  lease[Symbol.dispose]();
  services.sequences.delete(sequence);
  throw new ServiceError(
    "sequence_deleted",
    `Cannot go on with sequence ${sequence.id} as version ${version} of model ${name} was deleted`,
  );
}

/**
 * Waits for the turn, runs the piece from the state of the sequence, and keeps the state behind it.
 * The sequence stands where it stood if anything fails.
 *
 * @throws {ServiceError} if the sequence is gone, the piece is refused, or as the pool does
 */
export async function stepSequence(
  services: Services,
  { turn, ...step }: SequenceStep,
  signal: AbortSignal,
): Promise<{ result: PoolResult; sequence: Readonly<Sequence> }> {
  const before = await turn.ready(signal);
  const { result, after } = await runPiece(services, { ...step, before }, signal);
  return { result, sequence: turn.commit(after) };
}

/**
 * Runs a piece of a sequence from one state to the next.
 *
 * @throws {ServiceError} if the piece is refused, or as the pool does
 */
export async function runPiece(
  { pool, metrics }: Services,
  { model, input, query, before }: Piece,
  signal: AbortSignal,
): Promise<{ result: PoolResult; after: SequenceState }> {
  if (input.kind !== "text" && input.kind !== "series") {
    throw new TypeError(`A sequence must be of text or numbers over time: found ${input.kind}`);
  }
  const steps = before.steps + countSteps(input, model.description.input);
  // The buffer moves to the worker, and the step may fail.
  const task = {
    model: model.id,
    input: { ...input, state: before.state?.slice() },
    query: { verb: "classify", ...query, returnState: true },
    pixelsMax: 0,
  } as const;
  const [pending] = pool.run([task], signal);
  const result = await (pending as Promise<PoolResult>);
  metrics.observeStages(model.description.name, { queue: result.queueMs, ...result.timings });
  return { result, after: { state: requireState(result.answer), steps } };
}

function requireState(answer: InferenceAnswer): SequenceState["state"] {
  if (answer.verb === "classify" && answer.state) return answer.state;
  throw new TypeError(`The answer must have a state: it is to ${answer.verb}`);
}
