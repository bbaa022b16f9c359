import { decodeSeries, decodeVector } from "../../lib/datasets/encode_values.ts";
import { readBlob } from "../../lib/storage/blobs.ts";
import type { Database } from "../../lib/storage/database.ts";
import type { Dataset } from "../../lib/storage/datasets/datasets.ts";
import { listSamples } from "../../lib/storage/datasets/samples.ts";
import { ServiceError } from "../../lib/service_error.ts";
import type { ModelInput } from "../model_description.ts";

/** Samples that are looked at. */
const LOOKED_AT = 8;

/**
 * Refuses a dataset whose numbers a model does not take, before a job is made: looks at the first
 * few samples, of which one at least must fit. Single samples that do not fit are left out later.
 *
 * @throws {ServiceError} `invalid_value`
 */
export async function requireFittingSamples(
  database: Database,
  { model, input, dataset }: { model: string; input: ModelInput; dataset: Dataset },
): Promise<void> {
  if (input.kind !== "series" && input.kind !== "vector") return;
  const { items } = await listSamples(database, { datasetId: dataset.id, limit: LOOKED_AT });
  const found: number[] = [];
  for (const { sha256 } of items) {
    const bytes = await readBlob(database, sha256);
    if (!bytes) continue;
    found.push(input.kind === "series" ? decodeSeries(bytes).channels : decodeVector(bytes).length);
  }
  const wanted = input.kind === "series" ? input.channels : input.length;
  if (found.length === 0 || found.includes(wanted)) return;
  const unit = input.kind === "series" ? "channels" : "numbers";
  throw new ServiceError(
    "invalid_value",
    `Cannot train on model ${model} as its samples must have ${wanted} ${unit}: those of dataset ` +
      `${dataset.name} have ${[...new Set(found)].join(", ")}; model none with the method ` +
      "all_layers makes a network for them",
    { param: "model" },
  );
}
