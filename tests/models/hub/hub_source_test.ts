import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHubSource } from "../../../models/hub/hub_source.ts";
import { pullModel } from "../../../models/hub/pull_model.ts";
import { pulledFilePath } from "../../../models/hub/pulled_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { makeDataDir, startLocalHub } from "./local_hub.ts";

Deno.test("createHubSource() knows what can be pulled, and reads what was", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const source = createHubSource([hub.entry], data.path);
  assertEquals((await source.list()).map(({ isHere }) => isHere), [false]);
  await source.verify();
  await pullModel(hub.entry, { dataDir: data.path });
  const known = await source.find("made-up");
  assert(known);
  assertEquals([known.isHere, known.version, known.description.name], [true, 1, "made-up"]);
  const { backbone, labels } = await source.read(known);
  assertEquals(backbone.hash, hub.entry.files.model.sha256);
  assertEquals([...backbone.files.values()].map((bytes) => new Uint8Array(bytes)), [hub.model]);
  assertEquals(labels, ["cat", "dog"]);
  await source.verify();
  assertEquals(await source.findHistory("made-up"), {
    versions: [known],
    labels: { stable: 1 },
  });
  assertEquals(await source.find("another"), undefined);
  assertEquals(await source.findHistory("another"), undefined);
});

Deno.test("createHubSource() throws model_unusable for a file that is gone or damaged", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const source = createHubSource([hub.entry], data.path);
  await pullModel(hub.entry, { dataDir: data.path });
  const known = await source.find("made-up");
  assert(known);
  const path = pulledFilePath(hub.entry.files.model, data.path);
  await Deno.writeFile(path, hub.model.toReversed());
  const damaged = await assertRejects(() => source.read(known), ServiceError, "is damaged");
  await assertRejects(() => source.verify(), ServiceError, hub.entry.files.model.sha256);
  await Deno.remove(path);
  const gone = await assertRejects(() => source.read(known), ServiceError, "is gone");
  assertEquals([damaged.code, gone.code], ["model_unusable", "model_unusable"]);
});
