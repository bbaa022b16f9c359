import { assert, assertEquals, assertRejects } from "@std/assert";
import { ServiceError } from "../../../lib/service_error.ts";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { deleteModel, deleteVersion } from "../../../lib/storage/models/stored_models.ts";
import { decodeHead } from "../../../models/heads/head_bytes.ts";
import { createStoredSource } from "../../../models/stored/stored_source.ts";
import { testWithDatabase } from "../../lib/storage/test_databases.ts";
import {
  BACKBONE,
  makeBaseSource,
  makeTrainedCard,
  publishImported,
  publishTrained,
} from "./stored_fixtures.ts";

function openSource(database: OpenDatabase, { isHere = true } = {}) {
  return createStoredSource(database, { fixed: [makeBaseSource({ isHere })] });
}

testWithDatabase("createStoredSource() tells the versions of a trained model", async (database) => {
  using source = openSource(database);
  assertEquals(await source.findHistory("pets"), undefined);
  await publishTrained(database);
  await publishTrained(database, { labels: ["canary"] });
  source.refresh?.("pets");
  const history = await source.findHistory("pets");
  assertEquals(history?.labels, { stable: 1, canary: 2 });
  assertEquals(history?.versions.map(({ version, isHere }) => [version, isHere]), [
    [1, true],
    [2, true],
  ]);
  const known = await source.find("pets");
  assertEquals(known?.version, 1);
  assertEquals(known?.description.classCount, 2);
  assertEquals(known?.stored?.card.origin.kind, "trained");
  assertEquals((await source.list()).map(({ id }) => id), [known?.id]);
});

testWithDatabase(
  "createStoredSource() reads a head on the backbone of its base",
  async (database) => {
    await publishTrained(database, { choice: 1 });
    using source = openSource(database);
    const known = await source.find("pets");
    assert(known);
    const { backbone, head, labels } = await source.read(known);
    assertEquals(backbone, BACKBONE);
    assertEquals(labels, ["cat", "dog"]);
    assertEquals(decodeHead(head ?? new Uint8Array()).layers[0]?.bias, Float32Array.of(0, 100));
  },
);

testWithDatabase("createStoredSource() reads an imported network", async (database) => {
  await publishImported(database);
  using source = openSource(database);
  const known = await source.find("colours");
  assert(known);
  const { backbone, head, labels } = await source.read(known);
  assertEquals([backbone.format, head, labels.length], ["tflite", undefined, 3]);
  assertEquals([...backbone.files.keys()], ["model.tflite"]);
});

testWithDatabase(
  "createStoredSource() says which model is to be pulled first",
  async (database) => {
    await publishTrained(database);
    using source = openSource(database, { isHere: false });
    const known = await source.find("pets");
    assertEquals([known?.isHere, known?.base], [false, "primary"]);
  },
);

testWithDatabase("createStoredSource() lists a model that is not published", async (database) => {
  await publishTrained(database, { labels: [] });
  await publishTrained(database, { labels: [] });
  using source = openSource(database);
  assertEquals((await source.list()).map(({ version }) => version), [2]);
});

testWithDatabase(
  "createStoredSource() gives a model that is made anew another id",
  async (database) => {
    await publishTrained(database);
    using source = openSource(database);
    const old = await source.find("pets");
    await deleteModel(database, "pets");
    source.refresh?.("pets");
    assertEquals(await source.find("pets"), undefined);
    await new Promise((done) => setTimeout(done, 2));
    await publishTrained(database);
    source.refresh?.("pets");
    const made = await source.find("pets");
    assertEquals([old?.version, made?.version], [1, 1]);
    assert(old && made && old.id !== made.id);
  },
);

testWithDatabase(
  "createStoredSource() refuses a version that was deleted meanwhile",
  async (database) => {
    await publishTrained(database);
    await publishTrained(database);
    using source = openSource(database);
    const history = await source.findHistory("pets");
    const first = history?.versions[0];
    assert(first);
    await deleteVersion(database, { model: "pets", version: 1 });
    const error = await assertRejects(() => source.read(first), ServiceError);
    assertEquals(error.code, "version_not_found");
    source.refresh?.("pets");
    assertEquals((await source.findHistory("pets"))?.versions.map(({ version }) => version), [2]);
  },
);

testWithDatabase(
  "createStoredSource() reads a head on vectors, which have no backbone",
  async (database) => {
    const input = { kind: "vector", length: 3 } as const;
    await publishTrained(database, { card: makeTrainedCard({ input }) });
    using source = openSource(database);
    const known = await source.find("pets");
    assert(known);
    const { backbone } = await source.read(known);
    assertEquals([backbone.format, backbone.input], ["identity", input]);
  },
);
