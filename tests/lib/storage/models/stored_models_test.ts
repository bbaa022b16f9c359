import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../../lib/service_error.ts";
import { hashBytes } from "../../../../lib/storage/blobs.ts";
import type { Database } from "../../../../lib/storage/database.ts";
import { publishVersion } from "../../../../lib/storage/models/publish_version.ts";
import {
  deleteModel,
  deleteVersion,
  findModel,
  listCurrentVersions,
  listModelFiles,
  readHead,
  removeLabel,
} from "../../../../lib/storage/models/stored_models.ts";
import { encode, hashed, MODEL_LIMITS, storedTexts } from "../storage_fixtures.ts";
import { testWithDatabase } from "../test_databases.ts";

const head = new Uint8Array([1, 2]);

async function publishPets(database: Database): Promise<void> {
  const fields = { model: "pets", card: {}, limits: MODEL_LIMITS };
  await publishVersion(database, { ...fields, head, labels: [] });
  const files = { "model.json": hashed("{}") };
  await publishVersion(database, { ...fields, files, labels: ["stable"] });
}

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(action, ServiceError)).code;
}

testWithDatabase("findModel() gives a model with labels and versions", async (database) => {
  await publishPets(database);
  const model = await findModel(database, "pets");
  assertEquals([model?.name, model?.labels, model?.versions.length], ["pets", { stable: 2 }, 2]);
  assertEquals(await findModel(database, "cars"), undefined);
});

testWithDatabase(
  "listCurrentVersions() gives what a label points to, or the newest",
  async (database) => {
    assertEquals(await listCurrentVersions(database, "stable"), []);
    await publishPets(database);
    await publishVersion(database, { model: "pets", card: {}, limits: MODEL_LIMITS, labels: [] });
    const fields = { model: "cars", card: { wheels: 4 }, limits: MODEL_LIMITS };
    await publishVersion(database, { ...fields, labels: ["stable"] });
    await publishVersion(database, { ...fields, labels: ["canary"] });
    const list = async (label: string) =>
      (await listCurrentVersions(database, label)).map(({ model, version }) => [model, version]);
    assertEquals(await list("stable"), [["pets", 2], ["cars", 1]]);
    assertEquals(await list("canary"), [["pets", 3], ["cars", 2]]);
    const [, cars] = await listCurrentVersions(database, "stable");
    const found = await findModel(database, "cars");
    assertEquals(cars, { ...found?.versions[0], model: "cars" } as typeof cars);
  },
);

testWithDatabase(
  "readHead() and listModelFiles() give what a version is made of",
  async (database) => {
    await publishPets(database);
    assertEquals(await readHead(database, { model: "pets", version: 1 }), head);
    assertEquals(await readHead(database, { model: "pets", version: 2 }), undefined);
    assertEquals(await listModelFiles(database, { model: "pets", version: 2 }), [
      { path: "model.json", sha256: hashBytes(encode("{}")) },
    ]);
    assertEquals(
      await codeOf(() => readHead(database, { model: "pets", version: 3 })),
      "version_not_found",
    );
  },
);

testWithDatabase("deleteVersion() refuses what a label points to", async (database) => {
  await publishPets(database);
  const address = { model: "pets", version: 2 };
  assertEquals(await codeOf(() => deleteVersion(database, address)), "conflict");
  assertEquals(await storedTexts(database), ["{}"]);
  await removeLabel(database, { model: "pets", label: "stable" });
  await deleteVersion(database, address);
  assertEquals(await storedTexts(database), []);
  assertEquals(await codeOf(() => deleteVersion(database, address)), "version_not_found");
});

testWithDatabase("deleteModel() takes labels, versions and files", async (database) => {
  await publishPets(database);
  await deleteModel(database, "pets");
  assertEquals(await findModel(database, "pets"), undefined);
  assertEquals(await storedTexts(database), []);
  assertEquals(await codeOf(() => deleteModel(database, "pets")), "model_not_found");
});

testWithDatabase("removeLabel() says that there is no such label", async (database) => {
  await publishPets(database);
  const label = { model: "pets", label: "canary" };
  assertEquals(await codeOf(() => removeLabel(database, label)), "not_found");
});
