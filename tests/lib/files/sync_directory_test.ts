import { assertRejects } from "@std/assert";
import { join } from "node:path";
import { syncDirectory } from "../../../lib/files/sync_directory.ts";

Deno.test("syncDirectory() accepts a directory and rejects one that is missing", async () => {
  const path = await Deno.makeTempDir();
  await syncDirectory(path);
  if (Deno.build.os !== "windows") {
    await assertRejects(() => syncDirectory(join(path, "missing")), Deno.errors.NotFound);
  }
  await Deno.remove(path);
});
