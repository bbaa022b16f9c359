import type { BackboneArtifact } from "../../models/model_artifact.ts";
import type { ModelDescription } from "../../models/model_description.ts";
import { makeSingleHistory } from "../../models/model_history.ts";
import type { KnownModel, ModelSource } from "../../models/model_source.ts";
import { TINY_INPUT } from "./tiny_model.ts";

/** A backbone that only fake executors can load. */
export const NO_BACKBONE: BackboneArtifact = {
  hash: "0",
  role: "classifier",
  format: "tflite",
  files: new Map(),
  input: TINY_INPUT,
};

/** What a test knows of a model: its files are made up. */
export function makeKnown(
  description: ModelDescription,
  { version = 1, isHere = true }: { version?: number; isHere?: boolean } = {},
): KnownModel {
  const id = `${description.name}@${version}`;
  return { description, version, id, backboneSha256: NO_BACKBONE.hash, isHere };
}

/** A source over a list that the test may change at any time. */
export function createMemorySource(
  models: KnownModel[],
  overrides: Partial<ModelSource> = {},
): ModelSource {
  const find = (name: string) => models.find((each) => each.description.name === name);
  return {
    isFixed: true,
    list: () => Promise.resolve([...models]),
    find: (name) => Promise.resolve(find(name)),
    findHistory(name) {
      const known = find(name);
      return Promise.resolve(known && makeSingleHistory(known));
    },
    read: ({ description: { input, labels = [] } }) =>
      Promise.resolve({ backbone: { ...NO_BACKBONE, input }, labels }),
    verify: () => Promise.resolve(),
    ...overrides,
  };
}
