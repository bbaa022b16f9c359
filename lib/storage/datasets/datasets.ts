import { ServiceError } from "../../service_error.ts";
import { createId } from "../create_id.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import { type Page, type PageOptions, toPage } from "../page.ts";

/** What the samples of a dataset are. */
export type DatasetKind = "image" | "text" | "series" | "vector";

/** A named set of samples. */
export interface Dataset {
  /** `dataset-...` */
  id: string;
  /** Unique among the datasets. */
  name: string;
  /** What its samples are. */
  kind: DatasetKind;
  /** When it was made, in milliseconds since 1970. */
  createdAt: number;
}

/** How much of a dataset is in one class. */
export interface DatasetClass {
  /** The class. */
  class: string;
  /** Number of samples. */
  samples: number;
  /** Their bytes together. */
  bytes: number;
}

/** What {@linkcode createDataset} needs. */
export interface CreateDatasetOptions {
  /** Not taken yet. */
  name: string;
  /** What its samples are. */
  kind: DatasetKind;
  /** Most datasets. */
  datasetsMax: number;
}

const COLUMNS = ["id", "name", "kind", "createdAt"] as const;

/**
 * Makes an empty dataset.
 *
 * @throws {ServiceError} `already_exists` when the name is taken, `limit_reached` when there are
 * `datasetsMax` already.
 */
export function createDataset(
  database: Database,
  { name, kind, datasetsMax }: CreateDatasetOptions,
): Promise<Dataset> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "datasets");
    const dataset = { id: createId("dataset"), name, kind, createdAt: Date.now() };
    if (await findDataset(transaction, name)) {
      throw new ServiceError("already_exists", `Cannot make dataset ${name} as the name is taken`);
    }
    const { count } = await transaction.query.selectFrom("datasets")
      .select(({ fn }) => fn.countAll<number>().as("count")).where("deletedAt", "is", null)
      .executeTakeFirstOrThrow();
    if (count >= datasetsMax) {
      throw new ServiceError(
        "limit_reached",
        `Cannot make dataset ${name} as there must be at most ${datasetsMax}: there are ${count}`,
      );
    }
    await transaction.query.insertInto("datasets").values(dataset).execute();
    await transaction.announce({ topic: "dataset", id: dataset.id });
    return dataset;
  });
}

/** Reads a dataset by its name; `undefined` when there is none. */
export async function findDataset(
  database: Database,
  name: string,
): Promise<Dataset | undefined> {
  return await database.query.selectFrom("datasets").select(COLUMNS)
    .where("name", "=", name).where("deletedAt", "is", null).executeTakeFirst();
}

/** Reads a dataset by its id; `undefined` when there is none. */
export async function findDatasetById(
  database: Database,
  id: string,
): Promise<Dataset | undefined> {
  return await database.query.selectFrom("datasets").select(COLUMNS)
    .where("id", "=", id).where("deletedAt", "is", null).executeTakeFirst();
}

/**
 * Reads a dataset by its name.
 *
 * @throws {ServiceError} `dataset_not_found`
 */
export async function readDataset(database: Database, name: string): Promise<Dataset> {
  const dataset = await findDataset(database, name);
  if (dataset) return dataset;
  throw new ServiceError("dataset_not_found", `Cannot find dataset ${JSON.stringify(name)}`);
}

/** Lists datasets, the oldest first; `after` is an id. */
export async function listDatasets(
  database: Database,
  { after, limit }: PageOptions,
): Promise<Page<Dataset>> {
  let query = database.query.selectFrom("datasets").select(COLUMNS)
    .where("deletedAt", "is", null).orderBy("sequence");
  if (after !== undefined) {
    query = query.where(
      "sequence",
      ">",
      ({ selectFrom }) => selectFrom("datasets").select("sequence").where("id", "=", after),
    );
  }
  return toPage(await query.limit(limit + 1).execute(), limit);
}

/** The classes of a dataset that have samples, in the order of their names' code units. */
export async function listClasses(database: Database, datasetId: string): Promise<DatasetClass[]> {
  const rows = await database.query.selectFrom("datasetClasses")
    .select(["class", "samples", "bytes"])
    .where("datasetId", "=", datasetId).where("samples", ">", 0).execute();
  // Sorted here, as the order of text is the server's choice in PostgreSQL.
  return rows.sort((a, b) => a.class < b.class ? -1 : 1);
}
