import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { pullModel } from "../../../models/hub/pull_model.ts";
import { isPulled, pulledFilePath, readPulledFiles } from "../../../models/hub/pulled_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { makeDataDir, startLocalHub } from "./local_hub.ts";

Deno.test("readPulledFiles() returns the content in shared memory", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await pullModel(hub.entry, { dataDir: data.path });
  const files = await readPulledFiles(hub.entry, data.path);
  assert(files);
  assert(files.model.buffer instanceof SharedArrayBuffer);
  assertEquals(new Uint8Array(files.model), hub.model);
  assertEquals(new Uint8Array(files.labels), hub.labels);
});

Deno.test("readPulledFiles() returns undefined while a file is missing", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  assertEquals(await readPulledFiles(hub.entry, data.path), undefined);
  await pullModel(hub.entry, { dataDir: data.path });
  await Deno.remove(pulledFilePath(hub.entry.files.labels, data.path));
  assertEquals(await readPulledFiles(hub.entry, data.path), undefined);
});

Deno.test("readPulledFiles() throws model_unusable for a file with other content", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await pullModel(hub.entry, { dataDir: data.path });
  const { model } = hub.entry.files;
  const damages = [
    { content: hub.model.toReversed(), reason: "is damaged (its SHA-256 is " },
    { content: hub.model.slice(1), reason: "its size is 199999 and must be 200000 bytes" },
  ];
  for (const { content, reason } of damages) {
    await Deno.writeFile(pulledFilePath(model, data.path), content);
    const error = await assertRejects(
      () => readPulledFiles(hub.entry, data.path),
      ServiceError,
      reason,
    );
    assertEquals(error.code, "model_unusable");
    assertStringIncludes(error.message, `hub/${model.sha256}`);
    assertStringIncludes(error.message, "pull it again with: deno task pull made-up");
    assert(!error.message.includes(data.path), "A client has no business with the server's paths");
  }
});

Deno.test("readPulledFiles() throws model_unusable for a file that cannot be read", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  await pullModel(hub.entry, { dataDir: data.path });
  const path = pulledFilePath(hub.entry.files.model, data.path);
  await Deno.remove(path);
  await Deno.mkdir(path);
  const error = await assertRejects(() => readPulledFiles(hub.entry, data.path), ServiceError);
  assertEquals(error.code, "model_unusable");
});

Deno.test("isPulled() is true only when every file has its size", async () => {
  await using data = await makeDataDir();
  await using hub = startLocalHub();
  assertEquals(await isPulled(hub.entry, data.path), false);
  await pullModel(hub.entry, { dataDir: data.path });
  assertEquals(await isPulled(hub.entry, data.path), true);
  await Deno.truncate(pulledFilePath(hub.entry.files.model, data.path), 100);
  assertEquals(await isPulled(hub.entry, data.path), false);
});
