import type { ImagePreprocessing } from "../models/image_input.ts";
import { listVerbs, type ModelInput } from "../models/model_description.ts";
import type { ModelHistory } from "../models/model_history.ts";
import type { ModelStatus } from "../models/model_registry.ts";
import type { ModelDetail, ModelSummary } from "./model_schemas.ts";

/** Media types of bodies that are one input; JSON takes one or several of each kind. */
const INPUT_TYPES = {
  image: ["image/jpeg", "image/png", "image/webp", "application/json"],
  text: ["text/plain", "application/json"],
  series: ["text/csv", "application/octet-stream", "application/json"],
  vector: ["text/csv", "application/json"],
};

/**
 * What is said of a model, or of a version of one, in a list.
 *
 * @param url of the model or the version
 */
export function summarizeModel({ known, state }: ModelStatus, url: string): ModelSummary {
  const { name, description, licence, source, input } = known.description;
  const verbs = listVerbs(known.description);
  const { classCount, codeLength } = known.description;
  return {
    name,
    state,
    description,
    licence,
    source,
    input: describeInput(input),
    verbs,
    class_count: classCount,
    ...(codeLength === undefined ? {} : { code_length: codeLength }),
    ...(state === "not_pulled" ? { pull: `deno task pull ${known.base ?? name}` } : {}),
    urls: Object.fromEntries([["self", url], ...verbs.map((verb) => [verb, `${url}:${verb}`])]),
  };
}

/** What {@linkcode describeModel} tells of. */
export interface DescribedModel {
  /** The version that stands for the model. */
  status: ModelStatus;
  history: ModelHistory;
  /** Of every version. */
  statuses: readonly ModelStatus[];
}

/** All that is said of one model. */
export function describeModel(
  { status, history, statuses }: DescribedModel,
  url: string,
): ModelDetail {
  const { known: { description }, served } = status;
  const { input, metrics } = description;
  return {
    ...summarizeModel(status, url),
    ...(input.kind === "image" ? { preprocessing: describePreprocessing(input) } : {}),
    versions: statuses.map((each) => listVersion(each, url)),
    version_labels: { ...history.labels },
    labels: [...served?.labels ?? description.labels ?? []],
    metrics: { source: metrics.source, values: { ...metrics.values } },
  };
}

function listVersion(
  { known: { version, stored }, served }: ModelStatus,
  url: string,
): ModelDetail["versions"][number] {
  return {
    version,
    ...(stored ? { created_at: new Date(stored.createdAt).toISOString() } : {}),
    ...(served
      ? { feature_length: served.report.featureLength, load_ms: Math.round(served.report.loadMs) }
      : {}),
    url: `${url}/versions/${version}`,
  };
}

function describeInput(input: ModelInput): ModelSummary["input"] {
  const { kind } = input;
  switch (kind) {
    case "image": {
      const { height, width, channels } = input;
      return { kind, types: INPUT_TYPES.image, height, width, channels };
    }
    case "text": {
      const { vocabulary, folding, charactersMax } = input;
      return { kind, types: INPUT_TYPES.text, vocabulary, folding, characters_max: charactersMax };
    }
    case "series": {
      const { channels, stepsMax, stepsPerSecond } = input;
      const rate = stepsPerSecond === undefined ? {} : { steps_per_second: stepsPerSecond };
      return { kind, types: INPUT_TYPES.series, channels, steps_max: stepsMax, ...rate };
    }
    case "vector":
      return { kind, types: INPUT_TYPES.vector, length: input.length };
  }
}

function describePreprocessing({ fit, cropFraction, scale, offset }: ImagePreprocessing) {
  return { fit, crop_fraction: cropFraction, scale, offset };
}
