import type { ModelHistory } from "../models/model_history.ts";
import type { ModelStatus } from "../models/model_registry.ts";
import type { ModelCard } from "../models/stored/model_card.ts";
import { summarizeModel } from "./describe_model.ts";
import type { ModelVersion } from "./version_schemas.ts";

/**
 * All that is said of one version: its card.
 *
 * @param url of the model
 */
export function describeVersion(
  status: ModelStatus,
  { labels, url }: { labels: ModelHistory["labels"]; url: string },
): ModelVersion {
  const { known: { version, stored, description }, served } = status;
  const { metrics } = description;
  return {
    ...summarizeModel(status, `${url}/versions/${version}`),
    version,
    version_labels: Object.keys(labels).filter((label) => labels[label] === version),
    labels: [...served?.labels ?? description.labels ?? []],
    metrics: { source: metrics.source, values: { ...metrics.values } },
    ...(stored ? { created_at: new Date(stored.createdAt).toISOString() } : {}),
    ...(stored?.jobId ? { job_id: stored.jobId } : {}),
    ...(stored ? describeCard(stored.card) : {}),
  };
}

function describeCard({ unknown, warnings, origin }: ModelCard): Partial<ModelVersion> {
  return {
    ...(unknown ? { unknown: { ...unknown, metrics: copyMetrics(unknown.metrics) } } : {}),
    warnings: [...warnings],
    origin: describeOrigin(origin),
  };
}

function copyMetrics({ source, values }: ModelCard["metrics"]) {
  return { source, values: { ...values } };
}

function describeOrigin(origin: ModelCard["origin"]): NonNullable<ModelVersion["origin"]> {
  if (origin.kind === "imported") {
    const { kind, writer, format, sha256 } = origin;
    return { kind, writer, format, sha256 };
  }
  const { kind, method = "supervised", base, dataset, hyperparameters, seed, durationMs } = origin;
  const { model, version, backboneSha256 } = base;
  return {
    kind,
    method,
    base: { model, version, backbone_sha256: backboneSha256 },
    dataset: { ...dataset },
    hyperparameters,
    seed,
    duration_ms: durationMs,
  };
}
