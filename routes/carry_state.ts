import type { InputValue } from "../models/inference_task.ts";
import type { ServedModel } from "../models/model_registry.ts";
import type { PoolResult } from "../models/pool/inference_pool.ts";
import { countSteps } from "../models/sequences/count_steps.ts";
import { openState, sealState, type StateNetwork } from "../models/sequences/state_token.ts";
import type { RequestInputs } from "./read_inputs.ts";
import type { RequestOutcome } from "./run_inputs.ts";
import type { StatefulClasses } from "./schemas.ts";
import type { Services } from "./services.ts";
import { requireStateful } from "./step_sequence.ts";

/** What an answer has beside its predictions. */
export type SealedState = Pick<StatefulClasses, "state" | "steps_so_far">;

/** The state of one request's sequences: in with its inputs, out with its answers. */
export interface CarriedState {
  /** Whether the answer is to have the state. */
  readonly isWanted: boolean;
  /**
   * Puts the state that came with the request into its input.
   *
   * @throws {ServiceError} `invalid_value` if the model has no state that can be carried, otherwise as
   *   `openState`
   */
  takeIn(model: ServedModel, inputs: RequestInputs): Promise<void>;
  /** The state after each answer, as its client keeps it. */
  seal(outcome: RequestOutcome): Promise<Map<PoolResult, SealedState>>;
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
    async takeIn(model, { inputs, state: text, returnState }) {
      isWanted = returnState ?? isAsked;
      if (!isWanted && text === undefined) return;
      requireStateful(model);
      const before = text === undefined ? undefined : await openState(stateKey, text, {
        network: describeNetwork(model),
        ageMsMax: limits.stateAgeMsMax,
        now: Date.now(),
      });
      steps = inputs.map((input) => {
        if ("error" in input) return undefined;
        if (before) input.value = startFrom(input.value, before.state);
        return (before?.steps ?? 0) + countSteps(input.value, model.description.input);
      });
    },
    async seal({ model, outcomes }) {
      const sealed = new Map<PoolResult, SealedState>();
      if (!isWanted) return sealed;
      const context = { network: describeNetwork(model), now: Date.now() };
      for (const [index, outcome] of outcomes.entries()) {
        if ("error" in outcome || outcome.result.answer.verb !== "classify") continue;
        const { state: values } = outcome.result.answer;
        if (!values) throw new TypeError(`Model ${model.description.name} gave no state`);
        const after = { state: values, steps: steps[index] ?? 0 };
        const state = await sealState(stateKey, after, context);
        sealed.set(outcome.result, { state, steps_so_far: after.steps });
      }
      return sealed;
    },
  };
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
