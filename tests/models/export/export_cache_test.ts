import { assertEquals, assertRejects } from "@std/assert";
import { ExportCache } from "../../../models/export/export_cache.ts";

/** A cache whose exports are as long as they are asked to be, and count how often they are made. */
function openCache(bytesMax: number) {
  const cache = new ExportCache({ bytesMax });
  const made: string[] = [];
  const get = (key: string, length = 1) =>
    cache.get(key, () => {
      made.push(key);
      return Promise.resolve(new Uint8Array(length));
    });
  return { cache, made, get };
}

Deno.test("ExportCache makes an export once, also for those who ask meanwhile", async () => {
  const { made, get } = openCache(8);
  const [first, second] = await Promise.all([get("a"), get("a")]);
  assertEquals(first === second && first === await get("a"), true);
  assertEquals(made, ["a"]);
});

Deno.test("ExportCache keeps what fits, the last that were asked for", async () => {
  const { made, get } = openCache(8);
  await get("a", 4);
  await get("b", 4);
  await get("a", 4);
  await get("c", 4);
  await get("a", 4);
  assertEquals(made, ["a", "b", "c"]);
  await get("b", 4);
  assertEquals(made.at(-1), "b");
});

Deno.test("ExportCache does not keep what is larger than all of it", async () => {
  const { made, get } = openCache(8);
  await get("small", 8);
  await get("large", 9);
  await get("large", 9);
  await get("small", 8);
  assertEquals(made, ["small", "large", "large"]);
});

Deno.test("ExportCache keeps no failure", async () => {
  const { cache, get } = openCache(8);
  await assertRejects(() => cache.get("a", () => Promise.reject(new Error("busy"))), Error, "busy");
  assertEquals((await get("a")).length, 1);
});
