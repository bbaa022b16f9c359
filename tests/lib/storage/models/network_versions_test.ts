import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import { cancelJob } from "../../../../lib/storage/jobs/jobs.ts";
import {
  findNetworkVersion,
  requireUnusedNetworks,
} from "../../../../lib/storage/models/network_versions.ts";
import { publishVersion } from "../../../../lib/storage/models/publish_version.ts";
import { deleteModel, deleteVersion } from "../../../../lib/storage/models/stored_models.ts";
import { addTexts, encode, makeDataset, makeJob, MODEL_LIMITS } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

/** Versions on one network: with a head they stand on it, without one they bring it. */
function publish(database: Database, model: string, head?: Uint8Array<ArrayBuffer>) {
  return publishVersion(database, {
    model,
    backboneSha256: "network",
    card: { model },
    labels: [],
    limits: MODEL_LIMITS,
    ...(head ? { head } : {}),
  });
}

testWithDatabase("findNetworkVersion() finds a version that brings a network", async (database) => {
  await publish(database, "head", encode("h"));
  assertEquals(await findNetworkVersion(database, "network"), undefined);
  await publish(database, "two");
  await publish(database, "one");
  assertEquals(await findNetworkVersion(database, "network"), {
    model: "one",
    version: 1,
    backboneSha256: "network",
    card: { model: "one" },
  });
  assertEquals(await findNetworkVersion(database, "other"), undefined);
});

testWithDatabase("a network that heads stand on is not deleted before them", async (database) => {
  await publish(database, "base");
  await publish(database, "pets", encode("h"));
  const deletions = [
    () => deleteVersion(database, { model: "base", version: 1 }),
    () => deleteModel(database, "base"),
  ];
  for (const deletion of deletions) {
    const error = await assertRejects(
      deletion,
      ServiceError,
      "version 1 of base as no other version must stand on it: version 1 of pets does",
    );
    assertEquals(error.code, "conflict");
  }
  await deleteModel(database, "pets");
  await deleteVersion(database, { model: "base", version: 1 });
});

testWithDatabase("a network may go while another version brings it too", async (database) => {
  await publish(database, "base");
  await publish(database, "base");
  await publish(database, "pets", encode("h"));
  await requireUnusedNetworks(database, { model: "base", versions: [1] });
  await requireUnusedNetworks(database, { model: "base", versions: [2] });
  const both = () => requireUnusedNetworks(database, { model: "base", versions: [1, 2] });
  await assertRejects(both, ServiceError);
});

testWithDatabase("a model may go with its own heads", async (database) => {
  await publish(database, "base");
  await publish(database, "base", encode("h"));
  await deleteModel(database, "base");
});

testWithDatabase("a model stays while a job trains on it", async (database) => {
  await publish(database, "base");
  const { id: datasetId } = await makeDataset(database);
  await addTexts(database, datasetId, [["a", "cats"]]);
  const job = await makeJob(database, datasetId, { model: "base" });
  const deletions = [
    () => deleteVersion(database, { model: "base", version: 1 }),
    () => deleteModel(database, "base"),
  ];
  for (const deletion of deletions) {
    const error = await assertRejects(deletion, ServiceError, `job ${job.id} is queued`);
    assertEquals(error.code, "conflict");
  }
  await cancelJob(database, job.id);
  await deleteModel(database, "base");
});
