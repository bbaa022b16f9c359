import { assertEquals, assertRejects } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { ARCHIVE_LIMITS } from "../../../models/archive/model_archive.ts";
import { createModelTransfers } from "../../../models/archive/model_transfers.ts";
import type { ImageModelInput } from "../../../models/model_description.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";
import { countBusyThreads, endWorker } from "../../../models/threads/end_worker.ts";
import { startBusyWorker, waitUntil } from "../threads/busy_worker.ts";
import { TINY_INPUT } from "../tiny_model.ts";
import { makeTfliteFile } from "./archive_fixtures.ts";

const OPTIONS = { tfjs: await loadTfjsWasmModule(), timeoutMs: 60_000, concurrentMax: 1 };

Deno.test("createModelTransfers() takes a model in and gives it away", async () => {
  const transfers = createModelTransfers(OPTIONS);
  const model = await transfers.takeIn(makeTfliteFile(), { labels: ["r", "g", "b"] });
  const input = { ...TINY_INPUT, ...model.input as ImageModelInput };
  const zip = await transfers.give(
    { ...model, name: "colours", input },
    { createdAt: new Date(0) },
  );
  const again = await transfers.takeIn(zip, {});
  assertEquals([again.origin, again.labels], ["teachable-machine", ["r", "g", "b"]]);
});

Deno.test("createModelTransfers() packs files, which it reads when there is room", async () => {
  const transfers = createModelTransfers(OPTIONS);
  let reads = 0;
  const pack = () =>
    transfers.pack(() => {
      reads++;
      return Promise.resolve(new Map([["model.json", Uint8Array.of(1)]]));
    }, {});
  const first = pack();
  const error = await assertRejects(pack, ServiceError);
  assertEquals(error.code, "queue_full");
  const files = await unzipFiles(await first, ARCHIVE_LIMITS);
  assertEquals(files.get("model.json"), Uint8Array.of(1));
  assertEquals(reads, 1);
});

Deno.test("createModelTransfers() runs no more at a time than it may", async () => {
  const transfers = createModelTransfers(OPTIONS);
  const first = transfers.takeIn(makeTfliteFile(), {});
  const error = await assertRejects(() => transfers.takeIn(makeTfliteFile(), {}), ServiceError);
  assertEquals(error.code, "queue_full");
  assertEquals((await first).classCount, 3);
});

Deno.test("createModelTransfers() takes nothing in while a thread that was given up is busy", async () => {
  const transfers = createModelTransfers(OPTIONS);
  const worker = await startBusyWorker(3_000);
  endWorker(worker);
  // It may still end soon.
  assertEquals((await transfers.takeIn(makeTfliteFile(), {})).classCount, 3);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const error = await assertRejects(
    () => transfers.takeIn(makeTfliteFile(), {}),
    ServiceError,
    "1 of them still work",
  );
  assertEquals([error.code, error.retryAfterSeconds], ["queue_full", 10]);
  await waitUntil(() => countBusyThreads() === 0);
  assertEquals((await transfers.takeIn(makeTfliteFile(), {})).classCount, 3);
});
