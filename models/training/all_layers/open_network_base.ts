import type { ModelInput } from "../../model_description.ts";
import type { ModelRegistry } from "../../model_registry.ts";
import { NO_BACKBONE_NAME } from "../../identity_backbone.ts";
import { NO_BASE, type TrainingBase } from "../training_base.ts";
import type { NetworkBase } from "./start_network.ts";

/** What a network starts from whose layers are all trained. */
export interface OpenedNetworkBase extends Pick<TrainingBase, "card" | "description"> {
  /** The model's own layers and weights; unset for a network from scratch. */
  network?: NetworkBase | undefined;
  /** What the model takes; unset for a network from scratch. */
  input?: SequenceInput | undefined;
}

/** What networks take whose layers can all be trained. */
export type SequenceInput = Extract<ModelInput, { kind: "text" | "series" | "vector" }>;

/**
 * Reads the model that a training of all layers starts from.
 *
 * @param name of the model; `none` for a network from scratch
 * @throws {ServiceError} as `ModelDirectory.read()` does
 * @throws {TypeError} if it takes pictures, which is refused when a job is ordered
 */
export async function openNetworkBase(
  models: ModelRegistry,
  name: string,
): Promise<OpenedNetworkBase> {
  if (name === NO_BACKBONE_NAME) return NO_BASE;
  const { known, content } = await models.directory.read({ name });
  const { backbone, head, labels } = content;
  const { input } = known.description;
  if (input.kind === "image") throw new TypeError(`Model ${name} takes pictures`);
  return {
    card: { model: name, version: known.version, backboneSha256: known.backboneSha256 },
    description: known.description,
    network: { files: backbone.files, head, labels },
    input,
  };
}
