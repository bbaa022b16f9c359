import { ServiceError } from "../../service_error.ts";
import type { Database } from "../database.ts";
import { UNFINISHED_STATUSES } from "../jobs/job.ts";
import type { PublishedVersion } from "./publish_version.ts";

/** An imported version: it has the files of a network, which other versions may stand on. */
export interface StoredNetwork extends PublishedVersion {
  /** Hash of the network. */
  backboneSha256: string;
  /** As it was published. */
  card: Record<string, unknown>;
}

/** The first imported version whose network has this hash, or `undefined`. */
export async function findNetworkVersion(
  database: Database,
  backboneSha256: string,
): Promise<StoredNetwork | undefined> {
  const row = await database.query.selectFrom("modelVersions")
    .select(["model", "version", "cardJson"])
    .where("backboneSha256", "=", backboneSha256).where("head", "is", null)
    .orderBy("model").orderBy("version").executeTakeFirst();
  if (!row) return undefined;
  const { cardJson, ...named } = row;
  return { ...named, backboneSha256, card: JSON.parse(cardJson) };
}

/**
 * Makes sure that every network that heads stand on, or that a job is about to put one on, is there
 * once some versions are gone. The transaction must hold `models`.
 *
 * @param leaving the versions of one model that are to be deleted
 * @throws {ServiceError} `conflict`
 */
export async function requireUnusedNetworks(
  transaction: Database,
  { model, versions }: { model: string; versions: readonly number[] },
): Promise<void> {
  await requireNoTraining(transaction, model);
  const rows = await transaction.query.selectFrom("modelVersions as network")
    .innerJoin("modelVersions as user", "user.backboneSha256", "network.backboneSha256")
    .select(["network.version", "network.backboneSha256", "user.model as userModel"])
    .select("user.version as userVersion")
    .where("network.model", "=", model).where("network.head", "is", null)
    .where("user.head", "is not", null)
    .execute();
  for (const { version, backboneSha256, userModel, userVersion } of rows) {
    const isLeaving = versions.includes(version);
    const userStays = userModel !== model || !versions.includes(userVersion);
    if (!isLeaving || !userStays || backboneSha256 === null) continue;
    const others = await transaction.query.selectFrom("modelVersions").select(["model", "version"])
      .where("backboneSha256", "=", backboneSha256).where("head", "is", null).execute();
    const remains = others.some((other) =>
      other.model !== model || !versions.includes(other.version)
    );
    if (remains) continue;
    throw new ServiceError(
      "conflict",
      `Cannot delete version ${version} of ${model} as no other version must stand on it: ` +
        `version ${userVersion} of ${userModel} does`,
    );
  }
}

/** Which of its versions a job stands on is known when the job is done. */
async function requireNoTraining(transaction: Database, model: string): Promise<void> {
  const job = await transaction.query.selectFrom("jobs").select(["id", "status"])
    .where("model", "=", model).where("status", "in", UNFINISHED_STATUSES).executeTakeFirst();
  if (!job) return;
  throw new ServiceError(
    "conflict",
    `Cannot delete a version of ${model} as no job must train on it: job ${job.id} is ${job.status}`,
  );
}
