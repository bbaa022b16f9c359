import { assert, assertEquals, assertRejects } from "@std/assert";
import { readVerifiedFile } from "../../../lib/files/read_verified_file.ts";

/** SHA-256 of "abc", the first example of FIPS 180-2. */
const ABC = {
  name: "data/abc",
  bytes: 3,
  sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
};

async function withFile(content: string, use: (path: string) => Promise<unknown>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/abc`, content);
  await use(`${folder}/abc`);
  await Deno.remove(folder, { recursive: true });
}

Deno.test("readVerifiedFile() gives the content in shared memory", async () => {
  await withFile("abc", async (path) => {
    const bytes = await readVerifiedFile(path, ABC);
    assert(bytes?.buffer instanceof SharedArrayBuffer);
    assertEquals([...bytes], [97, 98, 99]);
  });
});

Deno.test("readVerifiedFile() refuses another size or content by the file's name", async () => {
  await withFile("abcd", async (path) => {
    await assertRejects(
      () => readVerifiedFile(path, ABC),
      Error,
      "data/abc is unusable (its size is 4",
    );
  });
  await withFile("abd", async (path) => {
    await assertRejects(() => readVerifiedFile(path, ABC), Error, "data/abc is damaged");
  });
});

Deno.test("readVerifiedFile() gives undefined for a file that is not there", async () => {
  await withFile("abc", async (path) => {
    assertEquals(await readVerifiedFile(`${path}.no`, ABC), undefined);
  });
});
