import { ServiceError } from "../../lib/service_error.ts";

/** What is looked at to tell whether a training has diverged. */
export interface DivergenceSigns {
  /** How far the training is. */
  epoch: number;
  /** All that are known; those of samples that there are none of are undefined. */
  losses: readonly (number | undefined)[];
  /** As they are after the epoch: the loss of an epoch is from before its last step. */
  weights?: readonly Float32Array[];
}

/**
 * Refuses a training whose loss or weights are not finite any more.
 *
 * @throws {ServiceError} `invalid_value`
 */
export function refuseDivergence({ epoch, losses, weights = [] }: DivergenceSigns): void {
  const loss = losses.find((each) => each !== undefined && !Number.isFinite(each));
  if (loss !== undefined) {
    throw refuse(`the loss must stay finite: it is ${loss} in epoch ${epoch}`);
  }
  if (weights.every(areFinite)) return;
  throw refuse(`the weights must stay finite: they do not in epoch ${epoch}`);
}

/** A loop of our own, as `every()` calls a function for each number: 20 times slower. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function refuse(reason: string): ServiceError {
  return new ServiceError(
    "invalid_value",
    `Cannot train as ${reason}; a smaller learning_rate helps`,
    { param: "learning_rate" },
  );
}
