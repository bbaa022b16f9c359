import { assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import { readVersionFiles } from "../../../models/stored/read_version_files.ts";
import { toCompanionPath, toNetworkPath } from "../../../models/stored/version_files.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import { publishImported } from "./stored_fixtures.ts";

testWithDatabase(
  "readVersionFiles() reads the files that are wanted by their name",
  async (database) => {
    const named = await publishImported(database);
    const files = await readVersionFiles(database, named, toNetworkPath);
    assertEquals([...files.keys()], ["model.tflite"]);
    assertEquals((await readVersionFiles(database, named, toCompanionPath)).size, 0);
    const other = { ...named, version: 9 };
    assertEquals((await readVersionFiles(database, other, toNetworkPath)).size, 0);
  },
);

testWithDatabase("readVersionFiles() refuses a damaged file", async (database) => {
  const named = await publishImported(database);
  await database.query.updateTable("blobs").set({ bytes: new Uint8Array(3) }).execute();
  const error = await assertRejects(
    () => readVersionFiles(database, named, toNetworkPath),
    ServiceError,
    "version 1 of model colours as its file model.tflite is damaged",
  );
  assertEquals(error.code, "model_unusable");
});
