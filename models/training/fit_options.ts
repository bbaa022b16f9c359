import {
  isShare,
  isWhole,
  listPassRules,
  listSplitRules,
  type OptionRule,
  requireRules,
} from "./option_rules.ts";

/** The ways to fit a head. */
export const OPTIMIZERS = ["lbfgs", "sgd", "adam"] as const;

/** What a head looks like and how it is fitted. Together with the samples it decides every bit. */
export interface FitOptions {
  /** Units of the hidden layers, with ReLU; none for softmax regression. Default: []. */
  hidden: readonly number[];
  /** Part of the hidden outputs that is dropped, in [0, 1); not with lbfgs. Default: 0. */
  dropout: number;
  /** Default: lbfgs, which looks at all samples at once and needs no learning rate. */
  optimizer: typeof OPTIMIZERS[number];
  /** Passes over the samples, for lbfgs its iterations, at most. Default: 100. */
  epochs: number;
  /** Samples per step of sgd and adam. Default: 32. */
  batchSize: number;
  /** Of sgd and adam, > 0. Default: 0.01 for sgd, 0.001 for adam. */
  learningRate?: number | undefined;
  /** Of sgd, in [0, 1). Default: 0.9. */
  momentum: number;
  /** The mean loss grows by l2 / 2 times the sum of the squared weights, >= 0. Default: 0.1. */
  l2: number;
  /** Whether each class counts as much as any other, instead of each sample. Default: none. */
  classWeight: "none" | "balanced";
  /** Part of each class that is kept for validation, in [0, 1). Default: 0.3. */
  validationSplit: number;
  /**
   * Training ends after so many epochs without a lower validation loss, and the best epoch is
   * taken; 0: never. Default: 0.
   */
  patience: number;
  /** Of the split, of the first weights, of the order of samples, of dropout. Default: 0. */
  seed: number;
}

/** What a job gets that says nothing. */
export const DEFAULT_FIT_OPTIONS: Readonly<FitOptions> = Object.freeze({
  hidden: [],
  dropout: 0,
  optimizer: "lbfgs",
  epochs: 100,
  batchSize: 32,
  momentum: 0.9,
  l2: 0.1,
  classWeight: "none",
  validationSplit: 0.3,
  patience: 0,
  seed: 0,
});

/** How large a network and how long a training are accepted. */
export interface FitLimits {
  /** Hidden layers. */
  hiddenLayersMax: number;
  /** Units of one hidden layer. */
  hiddenUnitsMax: number;
  /** Epochs, for lbfgs iterations. */
  epochsMax: number;
  /** Samples per step. */
  batchSizeMax: number;
  /** What features and head may take of memory in one fit. */
  bytesMax: number;
}

/** The limits that hold. */
export const FIT_LIMITS: Readonly<FitLimits> = Object.freeze({
  hiddenLayersMax: 3,
  hiddenUnitsMax: 2048,
  epochsMax: 10_000,
  batchSizeMax: 4096,
  bytesMax: 2 ** 30,
});

/**
 * Fills in the defaults and checks the ranges.
 *
 * @throws {ServiceError} `invalid_value`, naming the first option out of range as the wire does
 */
export function resolveFitOptions(options: Partial<FitOptions>): FitOptions {
  const resolved = { ...DEFAULT_FIT_OPTIONS, ...options };
  requireRules(listRules(resolved));
  return resolved;
}

function listRules(options: FitOptions): OptionRule[] {
  const { hidden, dropout, optimizer, learningRate, momentum, l2 } = options;
  const { hiddenLayersMax, hiddenUnitsMax } = FIT_LIMITS;
  const isHidden = hidden.length <= hiddenLayersMax &&
    hidden.every((units) => isWhole(units, 1, hiddenUnitsMax));
  return [
    [
      "hidden",
      isHidden,
      `at most ${hiddenLayersMax} whole numbers from 1 to ${hiddenUnitsMax}`,
      `[${hidden}]`,
    ],
    ["optimizer", OPTIMIZERS.includes(optimizer), `one of ${OPTIMIZERS.join(", ")}`, optimizer],
    ["dropout", isShare(dropout), "in [0, 1)", dropout],
    ["dropout", dropout === 0 || optimizer !== "lbfgs", "0 with lbfgs", dropout],
    ...listPassRules(options, FIT_LIMITS),
    [
      "learning_rate",
      learningRate === undefined || (learningRate > 0 && Number.isFinite(learningRate)),
      "> 0",
      learningRate,
    ],
    ["momentum", isShare(momentum), "in [0, 1)", momentum],
    ["l2", l2 >= 0 && Number.isFinite(l2), ">= 0", l2],
    ...listSplitRules(options, FIT_LIMITS),
  ];
}
