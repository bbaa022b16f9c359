import { assertEquals, assertRejects } from "@std/assert";
import { readBlob } from "../../../../lib/storage/blobs.ts";
import { ServiceError } from "../../../../lib/service_error.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import {
  LABELS_MAX,
  moveLabel,
  publishVersion,
  type PublishVersionOptions,
  refuseBeyondLimits,
} from "../../../../lib/storage/models/publish_version.ts";
import {
  deleteVersion,
  findModel,
  listModelFiles,
} from "../../../../lib/storage/models/stored_models.ts";
import { encode, hashed, MODEL_LIMITS, storedTexts } from "../storage_fixtures.ts";
import { testOnPostgres, testWithDatabase } from "../test_databases.ts";

function publish(database: Database, options: Partial<PublishVersionOptions> = {}) {
  return publishVersion(database, {
    model: "pets",
    card: { base: "edge-cnn" },
    labels: [],
    limits: MODEL_LIMITS,
    ...options,
  });
}

testWithDatabase(
  "publishVersion() numbers versions and never gives a number twice",
  async (database) => {
    assertEquals(await publish(database), { model: "pets", version: 1 });
    assertEquals((await publish(database)).version, 2);
    await deleteVersion(database, { model: "pets", version: 2 });
    assertEquals((await publish(database)).version, 3);
    assertEquals((await publish(database, { model: "cars" })).version, 1);
  },
);

testWithDatabase("publishVersion() moves labels and stores card and files", async (database) => {
  await publish(database, { labels: ["stable"] });
  const files = { "model.json": hashed("{}"), "weights/1.bin": hashed("w") };
  await publish(database, { labels: ["stable", "canary"], files, backboneSha256: "b" });
  const model = await findModel(database, "pets");
  assertEquals(model?.labels, { stable: 2, canary: 2 });
  assertEquals(
    model?.versions.map(({ version, card, backboneSha256 }) => [version, card, backboneSha256]),
    [[1, { base: "edge-cnn" }, null], [2, { base: "edge-cnn" }, "b"]],
  );
  assertEquals(await storedTexts(database), ["w", "{}"]);
});

testWithDatabase("publishVersion() takes the hash that a file was given", async (database) => {
  const sha256 = "f".repeat(64);
  const files = { "model.json": { bytes: encode("{}"), sha256 } };
  const published = await publish(database, { files });
  assertEquals(await listModelFiles(database, published), [{ path: "model.json", sha256 }]);
  assertEquals(await readBlob(database, sha256), encode("{}"));
});

testWithDatabase("publishVersion() keeps to the limits", async (database) => {
  const limits = { modelsMax: 1, versionsMax: 1 };
  const refusal = { model: "pets", limits };
  await refuseBeyondLimits(database, refusal);
  await publish(database, { limits });
  for (
    const action of [
      () => publish(database, { limits }),
      () => publish(database, { limits, model: "cars" }),
      () => refuseBeyondLimits(database, refusal),
    ]
  ) {
    assertEquals((await assertRejects(action, ServiceError)).code, "limit_reached");
  }
  assertEquals((await findModel(database, "pets"))?.versions.length, 1);
});

testWithDatabase(
  "moveLabel() rolls back to a version and refuses one that is not there",
  async (database) => {
    await publish(database, { labels: ["stable"] });
    await publish(database, { labels: ["stable"] });
    await moveLabel(database, { model: "pets", label: "stable", version: 1 });
    assertEquals((await findModel(database, "pets"))?.labels, { stable: 1 });
    for (const [model, version] of [["pets", 3], ["cars", 1]] as const) {
      const error = await assertRejects(
        () => moveLabel(database, { model, label: "stable", version }),
        ServiceError,
      );
      assertEquals(error.code, "version_not_found");
    }
  },
);

testOnPostgres("publishVersion() gives replicas different numbers", async (place) => {
  await using here = await place.open();
  await using there = await place.open();
  const limits = { modelsMax: 1, versionsMax: 10 };
  const published = await Promise.all(
    [here, there, here, there].map((database) => publish(database, { limits })),
  );
  assertEquals(published.map(({ version }) => version).sort(), [1, 2, 3, 4]);
});

testWithDatabase("moveLabel() keeps to the limit, and moves what is there", async (database) => {
  const labels = Array.from({ length: LABELS_MAX }, (_, index) => `label-${index}`);
  await publish(database, { labels });
  const move = (label: string) => moveLabel(database, { model: "pets", label, version: 1 });
  await move("label-0");
  assertEquals((await assertRejects(() => move("one-more"), ServiceError)).code, "limit_reached");
});
