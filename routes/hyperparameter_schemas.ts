import { z } from "zod";
import { LAYER_TYPES } from "../models/training/all_layers/all_layers_options.ts";
import { OPTIMIZERS } from "../models/training/fit_options.ts";

/** The wire names of what a client decides about a training. */

const AUTO = z.literal("auto").transform(() => undefined);

/** A number; its range is checked with all others, where the message can name the rule. */
const number = z.number("must be a number");

/** OpenAI's clients say `auto` where they mean the default. */
const numberOrAuto = z.union([AUTO, number], "must be a number or auto").optional();

export const hyperparametersSchema = z.strictObject({
  optimizer: z.enum(OPTIMIZERS, `must be one of ${OPTIMIZERS.join(", ")}`).optional(),
  n_epochs: numberOrAuto.meta({ description: "The same as epochs" }),
  epochs: numberOrAuto,
  batch_size: numberOrAuto,
  learning_rate: numberOrAuto,
  hidden: z.array(number, "must be a list of numbers").optional(),
  dropout: number.optional(),
  momentum: number.optional(),
  l2: number.optional(),
  class_weight: z.enum(["none", "balanced"], "must be none or balanced").optional(),
  validation_split: number.optional(),
  patience: number.optional(),
  augment: number.optional().meta({ description: "Views of each picture beside the plain one" }),
  negative: z.string("must be a text").max(100, "must have at most 100 characters").optional().meta(
    {
      description: "The class of samples that belong to none of the others",
    },
  ),
}).meta({ id: "Hyperparameters" });

const UNITS_RULE = "must be a number";
const LAYER_RULE = `must have a type of ${LAYER_TYPES.join(", ")}`;

/** One layer of a network that is made from scratch, by Keras's names in snake case. */
const layerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("embedding"), output_dim: z.number(UNITS_RULE) }),
  z.strictObject({ type: z.enum(["simple_rnn", "lstm"]), units: z.number(UNITS_RULE) }),
  z.strictObject({
    type: z.literal("gru"),
    units: z.number(UNITS_RULE),
    reset_after: z.boolean("must be true or false").optional(),
  }),
  z.strictObject({
    type: z.literal("dense"),
    units: z.number(UNITS_RULE),
    activation: z.enum(["linear", "relu"], "must be linear or relu").optional(),
  }),
], LAYER_RULE).meta({ id: "Layer" });

export const allLayersHyperparametersSchema = z.strictObject({
  layers: z.array(layerSchema, "must be a list of layers").optional().meta({
    description: "With model none, without the last layer: recurrent ones for series, an " +
      "embedding and recurrent ones for text, dense ones for vectors",
  }),
  folding: z.enum(["none", "lower"], "must be none or lower").optional().meta({
    description: "With model none, of text: lower case without accents (the default), or as it is",
  }),
  n_epochs: numberOrAuto.meta({ description: "The same as epochs" }),
  epochs: numberOrAuto,
  batch_size: numberOrAuto,
  learning_rate: numberOrAuto,
  clip_norm: number.optional().meta({ description: "Longer gradients are scaled to this length" }),
  dropout: number.optional(),
  class_weight: z.enum(["none", "balanced"], "must be none or balanced").optional(),
  validation_split: number.optional(),
  patience: number.optional().meta({
    description: "Ends after so many epochs without a lower validation loss; 0: never",
  }),
}).meta({ id: "AllLayersHyperparameters" });
