import type { DatasetKind } from "../../lib/storage/datasets/datasets.ts";
import { ServiceError } from "../../lib/service_error.ts";
import { NO_BACKBONE_NAME } from "../identity_backbone.ts";
import type { ModelDescription, ModelInput } from "../model_description.ts";
import { requireHere } from "../model_directory.ts";
import type { ModelRegistry, ServedModel } from "../model_registry.ts";
import type { CardBase } from "../stored/model_card.ts";
import type { TrainingMethod } from "./training_method.ts";

/** What a head is trained on: the backbone of a model, or nothing. */
export interface TrainingBase extends Disposable {
  /** Gives the features; `undefined` where samples are vectors and are features themselves. */
  model: ServedModel | undefined;
  /** Names the backbone on the card. */
  card: CardBase;
  /** What a version says of its base. */
  description: Pick<ModelDescription, "description" | "licence" | "source">;
}

/** The base of what is trained without one. */
export const NO_BASE: TrainingBase = {
  model: undefined,
  card: { model: NO_BACKBONE_NAME, version: 1, backboneSha256: "" },
  description: { description: "No backbone", licence: "NOASSERTION", source: "" },
  [Symbol.dispose]: () => {},
};

/**
 * Holds the model whose backbone gives the features, loaded in every worker.
 *
 * @param name of the model; `none` for samples that are vectors
 * @throws {ServiceError} as `ModelRegistry.acquire()` does
 */
export async function openTrainingBase(
  models: ModelRegistry,
  name: string,
  signal: AbortSignal,
): Promise<TrainingBase> {
  if (name === NO_BACKBONE_NAME) return NO_BASE;
  const { known } = await models.directory.select({ name });
  // A head on vectors stands on nothing, and so do those that are trained after it.
  if (known.description.input.kind === "vector") return NO_BASE;
  const lease = await models.acquire({ name, selector: known }, "embed", signal);
  const { model } = lease;
  const { origin } = known.stored?.card ?? {};
  const isHead = origin?.kind === "trained" && origin.method !== "all_layers";
  const own = { model: name, version: model.version, backboneSha256: model.backboneSha256 };
  return {
    model,
    // The model whose backbone a trained one stands on may outlive it.
    card: isHead ? origin.base : own,
    description: model.description,
    [Symbol.dispose]: () => lease[Symbol.dispose](),
  };
}

/**
 * What samples a model can be trained on.
 *
 * @param name of the model; `none` for samples that are vectors
 * @throws {ServiceError} as {@linkcode requireTrainingBase} does
 */
export async function findTrainingKind(models: ModelRegistry, name: string): Promise<DatasetKind> {
  if (name === NO_BACKBONE_NAME) return "vector";
  const { known } = await models.directory.select({ name });
  const { kind } = known.description.input;
  await requireTrainingBase(models, { name, kind });
  return kind;
}

/** Samples, and what is to be trained with them. */
export interface BaseChoice {
  /** Of the model; `none` for samples that are vectors, or to train a network from scratch. */
  name: string;
  /** Of the samples. */
  kind: DatasetKind;
  /** What is trained. Default: supervised. */
  method?: TrainingMethod;
}

/**
 * Refuses a base that does not take the samples of a dataset, or whose layers cannot be trained,
 * before a job is made.
 *
 * @returns what the base takes; `undefined` for `none`
 * @throws {ServiceError} `model_not_found`, `verb_not_supported`, `model_not_pulled`; `invalid_value`
 *   if it takes samples of another kind
 */
export async function requireTrainingBase(
  models: ModelRegistry,
  { name, kind, method = "supervised" }: BaseChoice,
): Promise<ModelInput | undefined> {
  if (name === NO_BACKBONE_NAME) {
    if (method === "supervised") requireKind({ name, taken: "vector", kind });
    else if (kind === "image") refuseConvolutions("the samples are pictures");
    return undefined;
  }
  const { known } = await models.directory.select({ name });
  const { verbs, input } = known.description;
  if (!verbs.includes("embed")) {
    throw new ServiceError(
      "verb_not_supported",
      `Cannot train on model ${name} as it has no :embed`,
    );
  }
  requireKind({ name, taken: input.kind, kind });
  if (method === "all_layers" && input.kind === "image") {
    refuseConvolutions(`model ${name} looks at pictures`);
  }
  requireHere(known);
  return input;
}

function refuseConvolutions(found: string): never {
  throw new ServiceError(
    "invalid_value",
    "Cannot train all layers as they must be recurrent or dense, since the backend has no gradient " +
      `of convolutions: ${found}; the method supervised trains the last layer`,
    { param: "method.type" },
  );
}

function requireKind(
  { name, taken, kind }: { name: string; taken: DatasetKind; kind: DatasetKind },
): void {
  if (taken === kind) return;
  throw new ServiceError(
    "invalid_value",
    `Cannot train on model ${name} as its samples must be of the kind ${taken}: ` +
      `the dataset is of the kind ${kind}`,
    { param: "model" },
  );
}
