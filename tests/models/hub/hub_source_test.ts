import { assertEquals, assertRejects } from "@std/assert";
import { createHubSource } from "../../../models/hub/hub_source.ts";
import { pullModel } from "../../../models/hub/pull_model.ts";
import { pulledFilePath } from "../../../models/hub/pulled_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { makeDataDir, startLocalHub } from "./local_hub.ts";

Deno.test("createHubSource() has and reads what was pulled", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const source = createHubSource(data.path);
  assertEquals(await source.has(hub.entry), false);
  await pullModel(hub.entry, { dataDir: data.path });
  assertEquals(await source.has(hub.entry), true);
  const { files, labels } = await source.read(hub.entry);
  assertEquals([...files.values()].map((bytes) => new Uint8Array(bytes)), [hub.model]);
  assertEquals(labels, ["cat", "dog"]);
});

Deno.test("createHubSource() throws model_unusable for a file that is gone or damaged", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  const source = createHubSource(data.path);
  await pullModel(hub.entry, { dataDir: data.path });
  const path = pulledFilePath(hub.entry.files.model, data.path);
  await Deno.writeFile(path, hub.model.toReversed());
  const damaged = await assertRejects(() => source.read(hub.entry), ServiceError, "is damaged");
  await Deno.remove(path);
  const gone = await assertRejects(() => source.read(hub.entry), ServiceError, "is gone");
  assertEquals([damaged.code, gone.code], ["model_unusable", "model_unusable"]);
});
