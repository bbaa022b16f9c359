import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { lockDirectory } from "../../../lib/files/directory_lock.ts";

Deno.test("lockDirectory() makes the directory and writes the process id", async () => {
  const parent = await Deno.makeTempDir();
  const path = join(parent, "deep", "data");
  {
    using _lock = await lockDirectory(path);
    assertEquals(await Deno.readTextFile(join(path, "lock")), `${Deno.pid}\n`);
  }
  await Deno.remove(parent, { recursive: true });
});

Deno.test("lockDirectory() takes over the file of a process that is gone", async () => {
  const path = await Deno.makeTempDir();
  await Deno.writeTextFile(join(path, "lock"), "12345678901234567890\n");
  {
    using _lock = await lockDirectory(path);
    assertEquals(await Deno.readTextFile(join(path, "lock")), `${Deno.pid}\n`);
  }
  await Deno.remove(path, { recursive: true });
});

Deno.test("lockDirectory() rejects a held directory, names the holder, and takes it after release", async () => {
  const path = await Deno.makeTempDir();
  {
    using _lock = await lockDirectory(path);
    const error = await assertRejects(() => lockDirectory(path), Error);
    assertStringIncludes(
      error.message,
      `Cannot use the data directory ${path} as process ${Deno.pid} holds it: stop that process`,
    );
    // The refusal has not loosened the lock.
    await assertRejects(() => lockDirectory(path), Error, "holds it");
  }
  {
    using _lock = await lockDirectory(path);
  }
  await Deno.remove(path, { recursive: true });
});

Deno.test("lockDirectory() takes a directory whose holder was killed", async () => {
  const path = await Deno.makeTempDir();
  const module = new URL("../../../lib/files/directory_lock.ts", import.meta.url);
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { lockDirectory } from "${module}";
      const lock = await lockDirectory(Deno.args[0]);
      console.log("locked");
      setTimeout(() => lock, 60_000);`,
      path,
    ],
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  await assertRejects(() => lockDirectory(path), Error, `as process ${holder.pid} holds it`);

  holder.kill("SIGKILL");
  await holder.status;
  await reader.cancel();
  {
    using _lock = await lockDirectory(path);
    assertEquals(await Deno.readTextFile(join(path, "lock")), `${Deno.pid}\n`);
  }
  await Deno.remove(path, { recursive: true });
});

Deno.test("lockDirectory() says what to do when the directory cannot be made", async () => {
  const path = await Deno.makeTempFile();
  const error = await assertRejects(() => lockDirectory(join(path, "data")), Error);
  assertStringIncludes(error.message, "make it writable, or set DATA_DIR to another directory");
  await Deno.remove(path);
});
