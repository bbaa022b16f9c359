import { assert, assertEquals, assertRejects } from "@std/assert";
import { hashBytes } from "../../../lib/storage/blobs.ts";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { publishVersion } from "../../../lib/storage/models/publish_version.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import type { ModelInput } from "../../../models/model_description.ts";
import { listOwnFiles } from "../../../models/stored/list_own_files.ts";
import { createStoredSource } from "../../../models/stored/stored_source.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import { makeKnown } from "../memory_source.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import { ENTRY, SERIES_MODEL } from "../../routes/test_app.ts";
import {
  makeBaseSource,
  makeTrainedCard,
  publishImported,
  publishTrained,
  STORED_LIMITS,
} from "./stored_fixtures.ts";

async function publishLayers(database: OpenDatabase, model: string, input: ModelInput) {
  const origin = { kind: "imported", writer: "tfjs", format: "tfjs-layers", sha256: "" } as const;
  const texts = { "network/model.json": "{}", "network/w.bin": "w", "companions/notes.txt": "n" };
  const files = Object.entries(texts).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    return [path, { bytes, sha256: hashBytes(bytes) }] as const;
  });
  await publishVersion(database, {
    model,
    card: { ...makeTrainedCard({ input, origin }) },
    files: Object.fromEntries(files),
    labels: ["stable"],
    limits: STORED_LIMITS,
  });
}

async function findOwn(database: OpenDatabase, model: string) {
  using source = createStoredSource(database, { fixed: [makeBaseSource()] });
  const known = await source.find(model);
  assert(known);
  return await listOwnFiles(database, known);
}

testWithDatabase(
  "listOwnFiles() gives the files of a layers model, one by one",
  async (database) => {
    await publishLayers(database, "pets", TINY_INPUT);
    const files = await findOwn(database, "pets");
    assertEquals([...files?.keys() ?? []].sort(), ["model.json", "notes.txt", "w.bin"]);
    assertEquals(await files?.get("model.json")?.(), new TextEncoder().encode("{}"));
    await database.query.updateTable("blobs").set({ bytes: new Uint8Array(3) })
      .where("sha256", "=", hashBytes(new TextEncoder().encode("w"))).execute();
    // What is not asked for is not read.
    assertEquals(await files?.get("model.json")?.(), new TextEncoder().encode("{}"));
    await assertRejects(
      () => files?.get("w.bin")?.() ?? Promise.resolve(),
      ServiceError,
      "its file w.bin is damaged",
    );
  },
);

testWithDatabase("listOwnFiles() adds the labels where no picture goes in", async (database) => {
  await publishLayers(database, "moves", SERIES_MODEL.input);
  const files = await findOwn(database, "moves");
  assertEquals([...files?.keys() ?? []].sort(), ["labels.txt", "model.json", "notes.txt", "w.bin"]);
  const labels = await files?.get("labels.txt")?.();
  assertEquals(new TextDecoder().decode(labels), "cat\ndog");
});

testWithDatabase(
  "listOwnFiles() gives nothing for heads and for other formats",
  async (database) => {
    await publishTrained(database, { model: "headed" });
    await publishImported(database, { model: "colours" });
    assertEquals(await findOwn(database, "headed"), undefined);
    assertEquals(await findOwn(database, "colours"), undefined);
    assertEquals(await listOwnFiles(database, makeKnown(ENTRY)), undefined);
  },
);
