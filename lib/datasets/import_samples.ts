import type { Database } from "../storage/database.ts";
import { addSamples, type DatasetLimits, type NewSample } from "../storage/datasets/add_samples.ts";
import { keepUpload } from "../storage/datasets/uploads.ts";
import { createId } from "../storage/create_id.ts";
import { abandonUpload, type WhenDropped } from "./abandon_upload.ts";
import { type RejectedSample, rejectSample, type SampleSource } from "./sample_source.ts";

/** What goes into one transaction: enough to share its wait for the disk, not more than needed. */
const BATCH_SAMPLES_MAX = 200;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** What {@linkcode importSamples} needs. */
export interface ImportSamplesOptions {
  /** Id of the dataset. */
  datasetId: string;
  /** Throws a `ServiceError` for a sample that does not belong into the dataset. */
  validate: (sample: NewSample) => void | Promise<void>;
  /** Limits of the dataset. */
  limits: DatasetLimits;
  /** Most rejected samples, and most with other classes, that the report names one by one. */
  reportedMax: number;
  /** Ends the import between two samples. */
  signal: AbortSignal;
  /** Runs in the transaction that keeps the samples; when it throws, nothing of the upload is kept. */
  whenKept?: ((transaction: Database, report: ImportReport) => Promise<void>) | undefined;
  /** Runs when the upload broke off and its samples are gone, later where the database was away. */
  whenDropped?: WhenDropped | undefined;
}

/** What became of an upload. */
export interface ImportReport {
  /** Samples that are stored now. */
  accepted: number;
  /** Samples that were there already. */
  duplicates: number;
  /** Samples that are not stored. */
  rejected: number;
  /** The first of those. */
  rejections: RejectedSample[];
  /** Samples whose bytes are also under other classes, the first of them. */
  ambiguous: { name: string; class: string; otherClasses: string[] }[];
}

/**
 * Stores the samples of an upload, some MB at a time, and counts what became of them. When it
 * resolves, what was accepted is on the disk. When the upload breaks off, what it had added is
 * removed again, as soon as the database is there, except samples that another upload brought
 * meanwhile too.
 *
 * @throws {ServiceError} `dataset_not_found`, the reason of the signal, and whatever the source
 * or `whenKept` throws
 */
export async function importSamples(
  database: Database,
  source: SampleSource,
  { datasetId, validate, limits, reportedMax, signal, whenKept, whenDropped }: ImportSamplesOptions,
): Promise<ImportReport> {
  const report = createReport();
  const uploadId = createId("upload");
  let batch: NewSample[] = [];
  let batchBytes = 0;
  async function flush(): Promise<void> {
    const samples = batch;
    batch = [];
    batchBytes = 0;
    const outcomes = await addSamples(database, { datasetId, samples, limits, uploadId });
    outcomes.forEach((outcome, index) => {
      const { name, class: className } = samples[index] as NewSample;
      if (outcome.status === "rejected") return reject({ ...outcome, name });
      report[outcome.status === "accepted" ? "accepted" : "duplicates"]++;
      const { otherClasses } = outcome;
      if (otherClasses.length === 0 || report.ambiguous.length >= reportedMax) return;
      report.ambiguous.push({ name, class: className, otherClasses });
    });
  }
  function reject({ name, code, reason }: RejectedSample): void {
    report.rejected++;
    if (report.rejections.length < reportedMax) report.rejections.push({ name, code, reason });
  }
  try {
    for await (const found of source) {
      signal.throwIfAborted();
      const sample = await validateSample(found, validate);
      if ("reason" in sample) {
        reject(sample);
        continue;
      }
      batch.push(sample);
      batchBytes += sample.bytes.length;
      if (batch.length >= BATCH_SAMPLES_MAX || batchBytes >= BATCH_BYTES_MAX) await flush();
    }
    signal.throwIfAborted();
    await flush();
    await keepUpload(database, { datasetId, uploadId }, async (transaction) => {
      await whenKept?.(transaction, report);
    });
  } catch (error) {
    await abandonUpload(database, { datasetId, uploadId }, whenDropped);
    throw error;
  }
  return report;
}

function createReport(): ImportReport {
  return { accepted: 0, duplicates: 0, rejected: 0, rejections: [], ambiguous: [] };
}

async function validateSample(
  sample: NewSample | RejectedSample,
  validate: ImportSamplesOptions["validate"],
): Promise<NewSample | RejectedSample> {
  if ("reason" in sample) return sample;
  try {
    await validate(sample);
    return sample;
  } catch (error) {
    return rejectSample(sample.name, error);
  }
}
