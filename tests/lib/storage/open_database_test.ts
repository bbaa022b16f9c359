import { assert, assertEquals, assertRejects } from "@std/assert";
import { sql } from "kysely";
import { join } from "node:path";
import { openDatabase } from "../../../lib/storage/open_database.ts";
import { testOnEachEngine } from "./test_databases.ts";

testOnEachEngine(
  "openDatabase() keeps what was written for the next who opens it",
  async (place) => {
    {
      await using database = await place.open();
      await database.query.insertInto("models")
        .values({ name: "pets", lastVersion: 0, createdAt: Date.now() }).execute();
    }
    await using database = await place.open();
    const models = await database.query.selectFrom("models").select("name").execute();
    assertEquals(models.map(({ name }) => name), ["pets"]);
  },
);

testOnEachEngine("openDatabase() gives times beyond 2^31 and bytes as they were", async (place) => {
  await using database = await place.open();
  const bytes = new Uint8Array([0, 1, 127, 128, 255]);
  await database.query.insertInto("blobs")
    .values({ sha256: "a", length: 9_007_199_254_740_991, bytes }).execute();
  const row = await database.query.selectFrom("blobs").selectAll().executeTakeFirstOrThrow();
  assertEquals(row.length, 9_007_199_254_740_991);
  assertEquals([...row.bytes], [...bytes]);
  assert(row.bytes.constructor === Uint8Array);
  const { count } = await database.query.selectFrom("blobs")
    .select(({ fn }) => fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  assertEquals(count, 1);
});

testOnEachEngine("openDatabase() holds foreign keys", async (place) => {
  await using database = await place.open();
  const orphan = { datasetId: "none", class: "cat", samples: 0, bytes: 0 };
  await assertRejects(
    () => database.query.insertInto("datasetClasses").values(orphan).execute(),
    Error,
  );
});

testOnEachEngine("openDatabase() refuses a database of a newer version", async (place) => {
  {
    await using database = await place.open();
    await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '')`
      .execute(database.query);
  }
  await assertRejects(place.open, Error, "9999_later");
});

Deno.test("openDatabase() names the file that is no database", async () => {
  const dataDir = await Deno.makeTempDir();
  const path = join(dataDir, "lastlayer.db");
  await Deno.writeTextFile(path, "This is a text of more than a hundred bytes. ".repeat(20));
  await assertRejects(
    () => openDatabase({ dataDir }),
    Error,
    `Cannot open the database ${path}: file is not a database`,
  );
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("openDatabase() names DATABASE_URL and no password when no server answers", async () => {
  const databaseUrl = "postgresql://someone:a-password@127.0.0.1:1/none";
  const error = await assertRejects(() => openDatabase({ dataDir: ".", databaseUrl }), Error);
  assert(error.message.startsWith("Cannot open the database of DATABASE_URL: "), error.message);
  assert(!error.message.includes("a-password"));
});
