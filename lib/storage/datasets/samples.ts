import { ServiceError } from "../../service_error.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import { type Page, type PageOptions, toPage } from "../page.ts";
import { addToClasses, removeFromClasses } from "./class_counts.ts";
import { listClasses } from "./datasets.ts";
import { forgetSamples } from "./forget_samples.ts";
import { lockDataset } from "./lock_dataset.ts";

/** One content under one class of a dataset. */
export interface Sample {
  /** `sample-...` */
  id: string;
  /** Of its bytes, in lower-case hexadecimal. */
  sha256: string;
  /** What it shows. */
  class: string;
  /** What it was called where it came from. */
  name: string;
  /** Number of bytes. */
  length: number;
  /** When it was stored, in milliseconds since 1970. */
  createdAt: number;
}

/** Which samples {@linkcode listSamples} gives. */
export interface ListSamplesOptions extends PageOptions {
  /** Id of the dataset. */
  datasetId: string;
  /** Only this class. */
  class?: string | undefined;
}

/** Names a sample of a dataset. */
export interface SampleAddress {
  /** Id of the dataset. */
  datasetId: string;
  /** Id of the sample. */
  sampleId: string;
}

/** What {@linkcode relabelSample} needs. */
export interface RelabelSampleOptions extends SampleAddress {
  /** The class that the sample gets. */
  class: string;
  /** Most classes of the dataset. */
  classesMax: number;
}

const COLUMNS = ["id", "sha256", "class", "name", "length", "createdAt"] as const;

/** Lists the samples of a dataset, the oldest first; `after` is an id. */
export async function listSamples(
  database: Database,
  { datasetId, class: name, after, limit }: ListSamplesOptions,
): Promise<Page<Sample>> {
  let query = database.query.selectFrom("samples").select(COLUMNS)
    .where("datasetId", "=", datasetId).orderBy("sequence");
  if (name !== undefined) query = query.where("class", "=", name);
  if (after !== undefined) {
    query = query.where(
      "sequence",
      ">",
      ({ selectFrom }) => selectFrom("samples").select("sequence").where("id", "=", after),
    );
  }
  return toPage(await query.limit(limit + 1).execute(), limit);
}

/**
 * Reads one sample.
 *
 * @throws {ServiceError} `sample_not_found`
 */
export async function readSample(
  database: Database,
  { datasetId, sampleId }: SampleAddress,
): Promise<Sample> {
  const sample = await database.query.selectFrom("samples").select(COLUMNS)
    .where("datasetId", "=", datasetId).where("id", "=", sampleId).executeTakeFirst();
  if (sample) return sample;
  throw new ServiceError("sample_not_found", `Cannot find sample ${JSON.stringify(sampleId)}`);
}

/**
 * Puts a sample into another class.
 *
 * @throws {ServiceError} `dataset_not_found`, `sample_not_found`, `already_exists` when the same
 * bytes are there under that class, `limit_reached` when it would be one class too many.
 */
export function relabelSample(
  database: Database,
  { datasetId, sampleId, class: name, classesMax }: RelabelSampleOptions,
): Promise<Sample> {
  return inTransaction(database, async (transaction) => {
    await lockDataset(transaction, datasetId);
    const sample = await readSample(transaction, { datasetId, sampleId });
    if (sample.class === name) return sample;
    await refuseSameContent(transaction, datasetId, { ...sample, class: name });
    await removeFromClasses(transaction, datasetId, [sample]);
    await transaction.query.updateTable("samples").set({ class: name })
      .where("id", "=", sampleId).execute();
    await addToClasses(transaction, datasetId, [{ ...sample, class: name }]);
    const { length } = await listClasses(transaction, datasetId);
    if (length > classesMax) {
      throw new ServiceError(
        "limit_reached",
        `Cannot relabel sample as a dataset must have at most ${classesMax} classes`,
      );
    }
    await transaction.announce({ topic: "dataset", id: datasetId });
    return { ...sample, class: name };
  });
}

async function refuseSameContent(
  transaction: Database,
  datasetId: string,
  { sha256, class: name }: Sample,
): Promise<void> {
  const other = await transaction.query.selectFrom("samples").select("id")
    .where("datasetId", "=", datasetId).where("sha256", "=", sha256).where("class", "=", name)
    .executeTakeFirst();
  if (!other) return;
  throw new ServiceError(
    "already_exists",
    `Cannot relabel sample as the same bytes are in class ${JSON.stringify(name)}: ${other.id}`,
  );
}

/**
 * Deletes a sample, and its bytes when nothing else refers to them.
 *
 * @throws {ServiceError} `dataset_not_found`, `sample_not_found`
 */
export function deleteSample(
  database: Database,
  { datasetId, sampleId }: SampleAddress,
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs");
    await lockDataset(transaction, datasetId);
    const sample = await readSample(transaction, { datasetId, sampleId });
    await transaction.query.deleteFrom("samples").where("id", "=", sampleId).execute();
    await forgetSamples(transaction, datasetId, [sample]);
  });
}
