import { ServiceError } from "../../service_error.ts";
import { removeUnusedBlobs } from "../blobs.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import type { Bytes } from "../schema.ts";
import { requireUnusedNetworks } from "./network_versions.ts";
import type { PublishedVersion } from "./publish_version.ts";

/** A trained or imported model. */
export interface StoredModel {
  /** Its name. */
  name: string;
  /** When its first version was published, in milliseconds since 1970. */
  createdAt: number;
  /** Its labels with the version that each points to. */
  labels: Record<string, number>;
  /** Its versions, the oldest first. */
  versions: StoredVersion[];
}

/** What is known of a version without its weights. */
export interface StoredVersion {
  /** 1, 2, 3, ... */
  version: number;
  /** The job that made it. */
  jobId: string | null;
  /** What its head sits on, or its own network. */
  backboneSha256: string | null;
  /** As it was published. */
  card: Record<string, unknown>;
  /** When it was published, in milliseconds since 1970. */
  createdAt: number;
}

/** One version that stands for its model. */
export interface CurrentVersion extends StoredVersion {
  /** Name of the model. */
  model: string;
}

/**
 * One version of each model, the oldest model first: the one that a label points to, or the newest
 * where the model has no such label. Publishing keeps the models few.
 */
export async function listCurrentVersions(
  database: Database,
  label: string,
): Promise<CurrentVersion[]> {
  const rows = await database.query.selectFrom("modelVersions as current")
    .innerJoin("models", "models.name", "current.model")
    .leftJoin(
      "modelLabels as label",
      (join) => join.onRef("label.model", "=", "current.model").on("label.label", "=", label),
    )
    .select(["current.model", "current.version", "current.jobId", "current.backboneSha256"])
    .select(["current.cardJson", "current.createdAt"])
    .where((row) =>
      row("current.version", "=", ({ fn, selectFrom }) =>
        fn.coalesce(
          "label.version",
          selectFrom("modelVersions as other").select((other) =>
            other.fn.max("other.version").as("newest")
          ).whereRef("other.model", "=", "current.model"),
        ))
    )
    .orderBy("models.sequence").execute();
  return rows.map(({ cardJson, ...version }) => ({ ...version, card: JSON.parse(cardJson) }));
}

/** Reads a model; `undefined` when there is none. */
export async function findModel(
  database: Database,
  name: string,
): Promise<StoredModel | undefined> {
  const model = await database.query.selectFrom("models").select(["name", "createdAt"])
    .where("name", "=", name).executeTakeFirst();
  return model && await addVersions(database, model);
}

async function addVersions(
  database: Database,
  model: { name: string; createdAt: number },
): Promise<StoredModel> {
  const labels = await database.query.selectFrom("modelLabels").select(["label", "version"])
    .where("model", "=", model.name).execute();
  const versions = await database.query.selectFrom("modelVersions")
    .select(["version", "jobId", "backboneSha256", "cardJson", "createdAt"])
    .where("model", "=", model.name).orderBy("version").execute();
  return {
    ...model,
    labels: Object.fromEntries(labels.map(({ label, version }) => [label, version])),
    versions: versions.map(({ cardJson, ...version }) => ({
      ...version,
      card: JSON.parse(cardJson),
    })),
  };
}

/**
 * Reads the trained head of a version; `undefined` for an imported one.
 *
 * @throws {ServiceError} `version_not_found`
 */
export async function readHead(
  database: Database,
  { model, version }: PublishedVersion,
): Promise<Bytes | undefined> {
  const row = await database.query.selectFrom("modelVersions").select("head")
    .where("model", "=", model).where("version", "=", version).executeTakeFirst();
  if (!row) throw versionNotFound({ model, version });
  return row.head ?? undefined;
}

/** The paths of the files of an imported version, with the hashes that `readBlob` takes. */
export async function listModelFiles(
  database: Database,
  { model, version }: PublishedVersion,
): Promise<{ path: string; sha256: string }[]> {
  return await database.query.selectFrom("modelFiles").select(["path", "sha256"])
    .where("model", "=", model).where("version", "=", version).execute();
}

/**
 * Deletes a version that no label points to.
 *
 * @throws {ServiceError} `version_not_found`; `conflict` when a label points to it, or when another
 * version stands on its network
 */
export function deleteVersion(
  database: Database,
  { model, version }: PublishedVersion,
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs");
    await lockSubject(transaction, "models");
    const label = await transaction.query.selectFrom("modelLabels").select("label")
      .where("model", "=", model).where("version", "=", version).executeTakeFirst();
    if (label) {
      throw new ServiceError(
        "conflict",
        `Cannot delete version ${version} of ${model} as no label must point to it: ` +
          `${label.label} does`,
      );
    }
    await requireUnusedNetworks(transaction, { model, versions: [version] });
    const files = await listModelFiles(transaction, { model, version });
    const { numDeletedRows } = await transaction.query.deleteFrom("modelVersions")
      .where("model", "=", model).where("version", "=", version).executeTakeFirst();
    if (numDeletedRows === 0n) throw versionNotFound({ model, version });
    await removeUnusedBlobs(transaction, files.map(({ sha256 }) => sha256));
    await transaction.announce({ topic: "model", id: model });
  });
}

/**
 * Deletes a model with its labels and versions.
 *
 * @throws {ServiceError} `model_not_found`; `conflict` when a version of another model stands on one
 * of its networks
 */
export function deleteModel(database: Database, name: string): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs");
    await lockSubject(transaction, "models");
    const versions = await transaction.query.selectFrom("modelVersions").select("version")
      .where("model", "=", name).execute();
    await requireUnusedNetworks(transaction, {
      model: name,
      versions: versions.map(({ version }) => version),
    });
    const files = await transaction.query.selectFrom("modelFiles").select("sha256").distinct()
      .where("model", "=", name).execute();
    // Labels first: they keep the versions from going with the model.
    await transaction.query.deleteFrom("modelLabels").where("model", "=", name).execute();
    const { numDeletedRows } = await transaction.query.deleteFrom("models")
      .where("name", "=", name).executeTakeFirst();
    if (numDeletedRows === 0n) {
      throw new ServiceError("model_not_found", `Cannot find model ${JSON.stringify(name)}`);
    }
    await removeUnusedBlobs(transaction, files.map(({ sha256 }) => sha256));
    await transaction.announce({ topic: "model", id: name });
  });
}

/**
 * Removes a label from a model, so that the version it pointed to can be deleted.
 *
 * @throws {ServiceError} `not_found` when the model has no such label
 */
export function removeLabel(
  database: Database,
  { model, label }: { model: string; label: string },
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "models");
    const { numDeletedRows } = await transaction.query.deleteFrom("modelLabels")
      .where("model", "=", model).where("label", "=", label).executeTakeFirst();
    if (numDeletedRows === 0n) {
      throw new ServiceError("not_found", `Cannot find label ${JSON.stringify(label)} of ${model}`);
    }
    await transaction.announce({ topic: "model", id: model });
  });
}

function versionNotFound({ model, version }: PublishedVersion): ServiceError {
  return new ServiceError("version_not_found", `Cannot find version ${version} of ${model}`);
}
