import { assertEquals, assertRejects } from "@std/assert";
import { unzipFiles } from "../../../lib/archives/unzip_files.ts";
import { ServiceError } from "../../../lib/service_error.ts";
import { ARCHIVE_LIMITS } from "../../../models/archive/model_archive.ts";
import { packFiles } from "../../../models/export/pack_files.ts";

const OPTIONS = { timeoutMs: 60_000 };

Deno.test("packFiles() packs files in a worker, and takes those that have a buffer of their own", async () => {
  const whole = Uint8Array.of(1, 2, 3);
  const view = Uint8Array.of(0, 4, 5).subarray(1);
  const files = new Map([["a/whole.bin", whole], ["view.bin", view], ["again.bin", whole]]);
  const unpacked = await unzipFiles(await packFiles(files, OPTIONS), ARCHIVE_LIMITS);
  assertEquals([...unpacked].map(([path, bytes]) => [path, [...bytes]]), [
    ["a/whole.bin", [1, 2, 3]],
    ["view.bin", [4, 5]],
    ["again.bin", [1, 2, 3]],
  ]);
  assertEquals([whole.length, [...view]], [0, [4, 5]]);
});

Deno.test("packFiles() gives up when it takes too long, and when nobody waits any longer", async () => {
  const files = new Map([["a", new Uint8Array(1)]]);
  const error = await assertRejects(() => packFiles(files, { timeoutMs: 0 }), ServiceError);
  assertEquals(error.code, "worker_lost");
  const signal = AbortSignal.abort(new TypeError("The client went away"));
  await assertRejects(() => packFiles(new Map(), { ...OPTIONS, signal }), TypeError, "went away");
});
