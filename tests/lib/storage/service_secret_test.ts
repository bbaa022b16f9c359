import { assertEquals, assertNotEquals } from "@std/assert";
import { readServiceSecret } from "../../../lib/storage/service_secret.ts";
import { testOnEachEngine } from "./test_databases.ts";

testOnEachEngine("readServiceSecret() is the same after a restart", async (place) => {
  const read = async (name: string) => {
    await using database = await place.open();
    return await readServiceSecret(database, name);
  };
  const secret = await read("states");
  assertEquals(secret.length, 32);
  assertEquals(await read("states"), secret);
  assertNotEquals(await read("others"), secret);
});

testOnEachEngine("readServiceSecret() is the same for replicas that ask at once", async (place) => {
  await using first = await place.open();
  await using second = await place.open();
  const secrets = await Promise.all(
    [first, second, first, second].map((database) => readServiceSecret(database, "states")),
  );
  for (const secret of secrets) assertEquals(secret, secrets[0]);
});
