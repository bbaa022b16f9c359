import { ServiceError } from "../lib/service_error.ts";
import type { InputValue } from "../models/inference_task.ts";
import type { ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import { countSteps } from "../models/sequences/count_steps.ts";
import { openState, sealState, type StateNetwork } from "../models/sequences/state_token.ts";
import type { RequestInputs } from "./read_inputs.ts";
import type { RequestOutcome } from "./run_inputs.ts";
import type { SealedState } from "./schemas.ts";
import type { Services } from "./services.ts";
import { requireStateful } from "./step_sequence.ts";

/** The states after the answers, as their client keeps them. */
export type StateOfResult = ReadonlyMap<PoolResult, SealedState>;

/** The state of one request's sequences: in with its inputs, out with its answers. */
export interface CarriedState {
  /** Whether the answer is to have the state. */
  readonly isWanted: boolean;
  /**
   * Puts the states that came with the request into their inputs; an input whose state cannot be opened
   * gets that error.
   *
   * @throws {ServiceError} `invalid_value` if the model has no state that can be carried
   */
  takeIn(model: ServedModel, inputs: RequestInputs): Promise<void>;
  /** The state after each answer, as its client keeps it. */
  seal(outcome: RequestOutcome): Promise<StateOfResult>;
}

/**
 * Carries the states that clients hold into one request and out of it.
 *
 * @param isAsked whether the query asks for the state; the body may say otherwise
 */
export function carryState(
  { stateKey, limits }: Pick<Services, "stateKey" | "limits">,
  isAsked: boolean,
): CarriedState {
  let isWanted = isAsked;
  /** Steps after each input, in their order. */
  let steps: (number | undefined)[] = [];
  return {
    get isWanted() {
      return isWanted;
    },
    async takeIn(model, { inputs, states = [], returnState }) {
      isWanted = returnState ?? isAsked;
      const isCarrying = states.some((text) => text !== undefined);
      if (!isWanted && !isCarrying) return;
      requireStateful(model);
      const known = {
        network: describeNetwork(model),
        ageMsMax: limits.stateAgeMsMax,
        now: Date.now(),
      };
      const open = (text: string) => openState(stateKey, text, known);
      const before = await Promise.all(
        states.map((text) => text === undefined ? text : settle(open(text))),
      );
      steps = inputs.map((input, index) => {
        const opened = before[index];
        if (opened && "error" in opened) inputs[index] = { ...input, error: opened.error };
        if ("error" in input || (opened && "error" in opened)) return undefined;
        if (opened) input.value = startFrom(input.value, opened.state);
        return (opened?.steps ?? 0) + countSteps(input.value, model.description.input);
      });
    },
    async seal({ model, outcomes }) {
      const sealed = new Map<PoolResult, SealedState>();
      if (!isWanted) return sealed;
      const context = { network: describeNetwork(model), now: Date.now() };
      for (const [index, outcome] of outcomes.entries()) {
        if ("error" in outcome) continue;
        const { answer } = outcome.result;
        const values = "state" in answer ? answer.state : undefined;
        if (!values) throw new TypeError(`Model ${model.description.name} gave no state`);
        const after = { state: values, steps: steps[index] ?? 0 };
        const state = await sealState(stateKey, after, context);
        sealed.set(outcome.result, { state, steps_so_far: after.steps });
      }
      return sealed;
    },
  };
}

/** The state, or why it cannot be opened. */
async function settle<Opened>(opening: Promise<Opened>): Promise<Opened | { error: ServiceError }> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof ServiceError) return { error };
    throw error;
  }
}

function startFrom(value: InputValue, state: Float32Array<ArrayBuffer>): InputValue {
  if (value.kind === "text" || value.kind === "series") return { ...value, state };
  throw new TypeError(`Cannot start from a state with ${value.kind}`);
}

function describeNetwork(
  { description, version, backboneSha256, report }: ServedModel,
): StateNetwork {
  const { stateLength } = report;
  return { model: description.name, version, backboneSha256, stateLength };
}
