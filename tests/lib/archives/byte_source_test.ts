import { assertEquals } from "@std/assert";
import { createFileSource, createMemorySource } from "../../../lib/archives/byte_source.ts";

const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);

Deno.test("createMemorySource() and createFileSource() read from any place", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  {
    using file = await Deno.open(path);
    for (const source of [createMemorySource(bytes), await createFileSource(file)]) {
      assertEquals(source.length, 8);
      assertEquals(await source.read(5, 2), new Uint8Array([5, 6]));
      assertEquals(await source.read(0, 1), new Uint8Array([0]));
      assertEquals(await source.read(6, 10), new Uint8Array([6, 7]));
    }
  }
  await Deno.remove(path);
});
