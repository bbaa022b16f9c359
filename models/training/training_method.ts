import { toCamelKeys, toSnakeKeys } from "../../lib/rename_keys.ts";
import { type AllLayersOptions, resolveAllLayersOptions } from "./all_layers/all_layers_options.ts";
import {
  type Hyperparameters,
  resolveTrainingOptions,
  type TrainingOptions,
} from "./training_options.ts";

/** The ways to train: the last dense layer over a frozen backbone, or all layers. */
export const TRAINING_METHODS = ["supervised", "all_layers"] as const;

/** One of {@linkcode TRAINING_METHODS}. */
export type TrainingMethod = (typeof TRAINING_METHODS)[number];

/** What a client says about a training. */
export type TrainingRequest =
  | ({ method?: "supervised" } & Partial<TrainingOptions>)
  | ({ method: "all_layers" } & Partial<AllLayersOptions>);

/** All that is decided about a training. */
export type TrainingPlan =
  | ({ method: "supervised" } & TrainingOptions)
  | ({ method: "all_layers" } & AllLayersOptions);

/**
 * Fills in the defaults of the method and checks the ranges.
 *
 * @throws {ServiceError} `invalid_value`, naming the first option out of range as the wire does
 */
export function resolveTraining(request: TrainingRequest): TrainingPlan {
  if (request.method === "all_layers") {
    const { method, ...options } = request;
    return { method, ...resolveAllLayersOptions(options) };
  }
  const { method = "supervised", ...options } = request;
  return { method, ...resolveTrainingOptions(options) };
}

/** The plan by the names that clients see, as a job keeps it; the method where it is not the usual. */
export function listPlan({ method, ...options }: TrainingPlan): Hyperparameters {
  const named = method === "supervised" ? options : { method, ...options };
  return toSnakeKeys(named) as Hyperparameters;
}

/**
 * The plan out of what {@linkcode listPlan} gave.
 *
 * @throws {ServiceError} as {@linkcode resolveTraining} does
 */
export function readPlan(hyperparameters: Hyperparameters): TrainingPlan {
  // What a job keeps was checked when it was ordered.
  return resolveTraining(toCamelKeys(hyperparameters) as TrainingRequest);
}
