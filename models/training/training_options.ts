import { ServiceError } from "../../lib/service_error.ts";
import { type FitOptions, resolveFitOptions } from "./fit_options.ts";
import { AUGMENT_MAX } from "./sample_views.ts";

/** All that a client decides about a training. Together with the dataset it decides every weight. */
export interface TrainingOptions extends FitOptions {
  /** Views of each picture beside the plain one: flips and crops. Default: 0. */
  augment: number;
  /** The class of samples that belong to none of the others. Default: there is none. */
  negative?: string | undefined;
  /** Whether the label `stable` moves to the version. Default: true. */
  publish: boolean;
}

/** Options by the names that clients see, such as `batch_size`. */
export type Hyperparameters = Record<string, unknown>;

/**
 * Fills in the defaults and checks the ranges.
 *
 * @throws {ServiceError} `invalid_value`, naming the first option out of range as the wire does
 */
export function resolveTrainingOptions(options: Partial<TrainingOptions>): TrainingOptions {
  const { augment = 0, negative, publish = true, ...fitOptions } = options;
  if (!Number.isInteger(augment) || augment < 0 || augment > AUGMENT_MAX) {
    throw new ServiceError(
      "invalid_value",
      `Cannot train as augment must be a whole number from 0 to ${AUGMENT_MAX}: ` +
        `current value is ${augment}`,
      { param: "augment" },
    );
  }
  return {
    ...resolveFitOptions(fitOptions),
    augment,
    publish,
    ...(negative === undefined ? {} : { negative }),
  };
}
