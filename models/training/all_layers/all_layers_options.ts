import {
  isShare,
  isWhole,
  listPassRules,
  listSplitRules,
  type OptionRule,
  requireRules,
} from "../option_rules.ts";

/** Kinds of layers that can be trained, by the names that Keras gives them in snake case. */
export const LAYER_TYPES = ["embedding", "simple_rnn", "lstm", "gru", "dense"] as const;

/** One layer of a network that is made from scratch. */
export type LayerOptions =
  | {
    /** A vector for each character; only first, and only for text. */
    type: "embedding";
    /** Length of the vector. */
    outputDim: number;
  }
  | {
    /** A recurrent layer. */
    type: "simple_rnn" | "lstm";
    /** Length of its state. */
    units: number;
  }
  | {
    /** A recurrent layer. */
    type: "gru";
    /** Length of its state. */
    units: number;
    /** Whether it resets after the product, as cuDNN does. Default: true, as in Keras. */
    resetAfter?: boolean | undefined;
  }
  | {
    /** A dense layer, for vectors. */
    type: "dense";
    /** Length of its output. */
    units: number;
    /** Default: relu. */
    activation?: "linear" | "relu" | undefined;
  };

/** How all layers of a network are trained. Together with the samples it decides every bit. */
export interface AllLayersOptions {
  /**
   * The layers of a network that is made from scratch, without the last one, which gives a score for
   * each class. Default: one GRU of 64 units for series and text, one dense layer of 64 for vectors.
   * Unset where a model is trained further.
   */
  layers?: readonly LayerOptions[] | undefined;
  /**
   * What the samples are, where no model says: the kind of the dataset, which may be gone when the
   * training starts.
   */
  kind?: "text" | "series" | "vector" | undefined;
  /** How text is folded before a vocabulary is made of it; see `TextInput`. Default: lower. */
  folding?: "none" | "lower" | undefined;
  /** Passes over the samples at most. Default: 100. */
  epochs: number;
  /** Samples per step of Adam. Default: 32. */
  batchSize: number;
  /** Of Adam, > 0. Default: 0.003. */
  learningRate: number;
  /** A longer gradient, over all weights together, is scaled to this length; > 0. Default: 1. */
  clipNorm: number;
  /** Part of the last layer's input that is left out in training, in [0, 1). Default: 0. */
  dropout: number;
  /** Whether each class counts as much as any other, instead of each sample. Default: none. */
  classWeight: "none" | "balanced";
  /** Part of each class that is kept for validation, in [0, 1). Default: 0.2. */
  validationSplit: number;
  /**
   * Training ends after so many epochs without a lower validation loss, and the best epoch is taken;
   * 0: never. Default: 15.
   */
  patience: number;
  /** Of the split, of the first weights, of the order of samples, of dropout. Default: 0. */
  seed: number;
  /** Whether the label `stable` moves to the version. Default: true. */
  publish: boolean;
}

/** What a job gets that says nothing. */
export const DEFAULT_ALL_LAYERS_OPTIONS: Readonly<AllLayersOptions> = Object.freeze({
  epochs: 100,
  batchSize: 32,
  learningRate: 0.003,
  clipNorm: 1,
  dropout: 0,
  classWeight: "none",
  validationSplit: 0.2,
  patience: 15,
  seed: 0,
  publish: true,
});

/** How large a network and how long a training may be. */
export interface AllLayersLimits {
  /** Layers, without the last one. */
  layersMax: number;
  /** Units of one layer. */
  unitsMax: number;
  /** Passes over the samples. */
  epochsMax: number;
  /** Samples per step. */
  batchSizeMax: number;
  /** Steps of one sample: each step of a batch is kept until its gradient is known. */
  stepsMax: number;
  /** Different characters of texts. */
  vocabularyMax: number;
  /** Numbers of all samples together. */
  valuesMax: number;
  /** What the gates, states and outputs of one batch may take of memory. */
  batchBytesMax: number;
}

/** How large a network and how long a training are accepted. */
export const ALL_LAYERS_LIMITS: Readonly<AllLayersLimits> = Object.freeze({
  layersMax: 8,
  unitsMax: 1024,
  epochsMax: 1_000,
  batchSizeMax: 1024,
  stepsMax: 4_096,
  vocabularyMax: 4_096,
  valuesMax: 2 ** 28,
  batchBytesMax: 2 ** 29,
});

/**
 * Fills in the defaults and checks the ranges. Without validation there is no patience.
 *
 * @throws {ServiceError} `invalid_value`, naming the first option out of range as the wire does
 */
export function resolveAllLayersOptions(options: Partial<AllLayersOptions>): AllLayersOptions {
  const { validationSplit } = options;
  const patience = validationSplit === 0 ? 0 : DEFAULT_ALL_LAYERS_OPTIONS.patience;
  const resolved = { ...DEFAULT_ALL_LAYERS_OPTIONS, patience, ...options };
  requireRules([...listLayerRules(resolved.layers ?? []), ...listRules(resolved)]);
  return resolved;
}

function listLayerRules(layers: readonly LayerOptions[]): OptionRule[] {
  const { layersMax, unitsMax } = ALL_LAYERS_LIMITS;
  const units = layers.map((layer) => layer.type === "embedding" ? layer.outputDim : layer.units);
  return [
    ["layers", layers.length <= layersMax, `at most ${layersMax} layers`, layers.length],
    [
      "layers",
      units.every((each) => isWhole(each, 1, unitsMax)),
      `layers whose units are whole numbers from 1 to ${unitsMax}`,
      `[${units}]`,
    ],
  ];
}

function listRules(options: AllLayersOptions): OptionRule[] {
  const { learningRate, clipNorm, dropout, folding = "lower" } = options;
  const isPositive = (value: number) => value > 0 && Number.isFinite(value);
  return [
    ["folding", ["none", "lower"].includes(folding), "none or lower", folding],
    ...listPassRules(options, ALL_LAYERS_LIMITS),
    ["learning_rate", isPositive(learningRate), "> 0", learningRate],
    ["clip_norm", isPositive(clipNorm), "> 0", clipNorm],
    ["dropout", isShare(dropout), "in [0, 1)", dropout],
    ...listSplitRules(options, ALL_LAYERS_LIMITS),
  ];
}
