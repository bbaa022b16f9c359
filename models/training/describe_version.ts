import type { Job } from "../../lib/storage/jobs/job.ts";
import type { ModelInput, ModelMetrics } from "../model_description.ts";
import type { TrainedCard, UnknownCard } from "../stored/model_card.ts";
import { describeScore, describeWarnings, type EvaluationNames } from "./describe_evaluation.ts";
import type { TrainingBase } from "./training_base.ts";
import type { TrainingAnswer } from "./training_call.ts";
import { listPlan, readPlan } from "./training_method.ts";

/** What a card says besides how good the version is. */
export interface VersionFacts extends EvaluationNames {
  /** What was asked for. */
  job: Pick<Job, "dataset" | "datasetHash" | "hyperparameters">;
  /** What it stands on. */
  base: Pick<TrainingBase, "card" | "description">;
  /** What goes in. */
  input: ModelInput;
  /** Time from taking up the job to saving the version, in milliseconds. */
  durationMs: number;
}

const SCORED_ON = {
  training: "training samples",
  validation: "validation samples",
  cross_validation: "cross-validation samples",
};

/** The card of a version that a job trained. */
export function describeVersion(
  trained: Pick<TrainingAnswer, "evaluation" | "detector" | "detectionQuality">,
  facts: VersionFacts,
): TrainedCard {
  const { job, base, input, classNames, samples, durationMs } = facts;
  const { evaluation } = trained;
  const { dataset: name, datasetHash: sha256 } = job;
  const plan = readPlan(job.hyperparameters);
  const unknown = describeUnknown(trained, name);
  return {
    description: `${classNames.length} classes of the dataset ${name}, ${
      plan.method === "all_layers" ? "all layers trained from" : "on"
    } ${base.card.model}`,
    licence: base.description.licence,
    source: base.description.source,
    verbs: ["classify", "embed"],
    input,
    labels: [...classNames],
    metrics: {
      source: `the ${evaluation.report.samples} ${SCORED_ON[evaluation.judgedBy]} of ${name}`,
      values: describeScore(evaluation.report),
    },
    ...(unknown && { unknown }),
    warnings: describeWarnings(evaluation.warnings, facts),
    origin: {
      kind: "trained",
      ...(plan.method === "all_layers" && { method: plan.method }),
      base: base.card,
      dataset: { name, sha256, samples: samples.length, classes: classNames.length },
      hyperparameters: listPlan(plan),
      seed: plan.seed,
      durationMs,
    },
  };
}

function describeUnknown(
  { detector, detectionQuality }: Pick<TrainingAnswer, "detector" | "detectionQuality">,
  dataset: string,
): UnknownCard | undefined {
  if (!detector) return undefined;
  const metrics: ModelMetrics = detectionQuality
    ? {
      source: detectionQuality.measuredOn === "negatives"
        ? `the samples of ${dataset} that belong to no class`
        : `classes of ${dataset} that were held out in turn`,
      values: {
        auroc: detectionQuality.auroc,
        false_positive_rate: detectionQuality.falsePositiveRate,
      },
    }
    : { source: "not measured: fewer than three classes", values: {} };
  const { temperature, threshold } = detector;
  return { temperature, threshold, metrics };
}
