import { ServiceError } from "../lib/service_error.ts";
import type { KnownModel } from "./model_source.ts";

/** The label whose version answers by default. */
export const STABLE_LABEL = "stable";

/** Which version of a model is meant. */
export type VersionSelector = { version: number } | { label: string };

/** All versions of a model. */
export interface ModelHistory {
  /** The oldest first; at least one. */
  versions: readonly KnownModel[];
  /** The version that each label points to. */
  labels: Readonly<Record<string, number>>;
}

/** The history of a model that has one version, which is published. */
export function makeSingleHistory(known: KnownModel): ModelHistory {
  return { versions: [known], labels: { [STABLE_LABEL]: known.version } };
}

/**
 * The version that is meant.
 *
 * @throws {ServiceError} `version_not_found`
 */
export function selectVersion(history: ModelHistory, selector: VersionSelector): KnownModel {
  const { versions, labels } = history;
  const version = "version" in selector ? selector.version : findLabel(labels, selector.label);
  const known = versions.find((each) => each.version === version);
  if (known) return known;
  const name = versions[0]?.description.name;
  if ("version" in selector) {
    throw new ServiceError(
      "version_not_found",
      `Cannot find version ${selector.version} of model ${name}: it has ` +
        versions.map((each) => each.version).join(", "),
    );
  }
  throw new ServiceError(
    "version_not_found",
    `Cannot find a version of model ${name} by the label "${selector.label}": it has ` +
      (Object.keys(labels).join(", ") || "no labels"),
  );
}

/** The version that stands for the model in a list: the published one, or else the newest. */
export function selectDefault({ versions, labels }: ModelHistory): KnownModel | undefined {
  const stable = findLabel(labels, STABLE_LABEL);
  return versions.find(({ version }) => version === stable) ?? versions.at(-1);
}

function findLabel(labels: ModelHistory["labels"], label: string): number | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}
