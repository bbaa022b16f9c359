import { ServiceError } from "../../service_error.ts";
import { type HashedBytes, storeBlobs } from "../blobs.ts";
import type { Database } from "../database.ts";
import { inTransaction } from "../in_transaction.ts";
import { lockSubject } from "../lock_subject.ts";
import type { Bytes } from "../schema.ts";

/** Labels of one model. */
export const LABELS_MAX = 32;

/** Limits of the stored models. */
export interface ModelLimits {
  /** Most models. */
  modelsMax: number;
  /** Most versions of one model. */
  versionsMax: number;
}

/** What {@linkcode publishVersion} stores. */
export interface PublishVersionOptions {
  /** Name of the model, which is made if there is none. */
  model: string;
  /** What the head sits on, or the imported network itself. */
  backboneSha256?: string;
  /** The trained head; unset for an imported model. */
  head?: Bytes;
  /** What is to be known of the version: base, dataset hash, hyperparameters, metrics and so on. */
  card: Record<string, unknown>;
  /** Files of an imported model, by path. */
  files?: Readonly<Record<string, HashedBytes>>;
  /** Labels that move to the new version. */
  labels: readonly string[];
  /** The job that made it. */
  jobId?: string;
  /** Limits of the stored models. */
  limits: ModelLimits;
}

/** Names a version. */
export interface PublishedVersion {
  /** Name of the model. */
  model: string;
  /** 1, 2, 3, ...; the number of a deleted version is not given again. */
  version: number;
}

/**
 * Stores a new version with its card and files and moves labels to it: all of it, or nothing.
 *
 * @throws {ServiceError} `limit_reached`
 */
export function publishVersion(
  database: Database,
  options: PublishVersionOptions,
): Promise<PublishedVersion> {
  const { model, card, labels, files = {} } = options;
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "blobs", "shared");
    await lockSubject(transaction, "models");
    await refuseBeyondLimits(transaction, { model, limits: options.limits });
    const createdAt = Date.now();
    const version = await takeNumber(transaction, model, createdAt);
    await transaction.query.insertInto("modelVersions").values({
      model,
      version,
      jobId: options.jobId ?? null,
      backboneSha256: options.backboneSha256 ?? null,
      head: options.head ?? null,
      cardJson: JSON.stringify(card),
      createdAt,
    }).execute();
    await storeBlobs(transaction, Object.values(files));
    for (const [path, { sha256 }] of Object.entries(files)) {
      await transaction.query.insertInto("modelFiles")
        .values({ model, version, path, sha256 }).execute();
    }
    for (const label of labels) await moveLabel(transaction, { model, label, version });
    await transaction.announce({ topic: "model", id: model });
    return { model, version };
  });
}

/** What {@linkcode refuseBeyondLimits} looks at. */
export interface RefuseBeyondLimitsOptions {
  /** Name of the model that is to get a version. */
  model: string;
  /** Limits of the stored models. */
  limits: ModelLimits;
}

/**
 * Makes sure that a model may get one more version. Before a long job it tells early what publishing
 * would refuse in the end.
 *
 * @throws {ServiceError} `limit_reached`
 */
export async function refuseBeyondLimits(
  database: Database,
  { model, limits: { modelsMax, versionsMax } }: RefuseBeyondLimitsOptions,
): Promise<void> {
  const { versions } = await database.query.selectFrom("modelVersions")
    .select(({ fn }) => fn.countAll<number>().as("versions"))
    .where("model", "=", model).executeTakeFirstOrThrow();
  if (versions >= versionsMax) {
    throw new ServiceError(
      "limit_reached",
      `Cannot add a version to model ${model} as it must have at most ${versionsMax}: ` +
        "delete one first",
    );
  }
  const others = await database.query.selectFrom("models")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("name", "!=", model).executeTakeFirstOrThrow();
  if (others.count >= modelsMax) {
    throw new ServiceError(
      "limit_reached",
      `Cannot make model ${model} as there must be at most ${modelsMax}: delete one first`,
    );
  }
}

/** What {@linkcode moveLabel} needs. */
export interface MoveLabelOptions extends PublishedVersion {
  /** Such as `stable`. */
  label: string;
}

/**
 * Points a label of a model to one of its versions: publishes it, or rolls back to it.
 *
 * @throws {ServiceError} `version_not_found`, `limit_reached`
 */
export function moveLabel(
  database: Database,
  { model, label, version }: MoveLabelOptions,
): Promise<void> {
  return inTransaction(database, async (transaction) => {
    await lockSubject(transaction, "models");
    const found = await transaction.query.selectFrom("modelVersions").select("version")
      .where("model", "=", model).where("version", "=", version).executeTakeFirst();
    if (!found) {
      throw new ServiceError("version_not_found", `Cannot find version ${version} of ${model}`);
    }
    const { others } = await transaction.query.selectFrom("modelLabels")
      .select(({ fn }) => fn.countAll<number>().as("others"))
      .where("model", "=", model).where("label", "!=", label).executeTakeFirstOrThrow();
    if (others >= LABELS_MAX) {
      throw new ServiceError(
        "limit_reached",
        `Cannot add label ${label} to model ${model} as it must have at most ${LABELS_MAX}: ` +
          "delete one first",
      );
    }
    const target = { version, updatedAt: Date.now() };
    await transaction.query.insertInto("modelLabels").values({ model, label, ...target })
      .onConflict((conflict) => conflict.columns(["model", "label"]).doUpdateSet(target))
      .execute();
    await transaction.announce({ topic: "model", id: model });
  });
}

async function takeNumber(
  transaction: Database,
  name: string,
  createdAt: number,
): Promise<number> {
  const { lastVersion } = await transaction.query.insertInto("models")
    .values({ name, lastVersion: 1, createdAt })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((row) => ({
        lastVersion: row("models.lastVersion", "+", 1),
      }))
    )
    .returning("lastVersion").executeTakeFirstOrThrow();
  return lastVersion;
}
