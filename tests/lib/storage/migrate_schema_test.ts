import { assertEquals, assertRejects } from "@std/assert";
import { migrateSchema } from "../../../lib/storage/migrate_schema.ts";
import { MIGRATIONS } from "../../../lib/storage/migrations.ts";
import { testOnEachEngine } from "./test_databases.ts";

const added = { "0100_cats": () => ["create table cats (name text)"] };

testOnEachEngine("migrateSchema() applies what is new and only once", async (place) => {
  await using database = await place.open();
  const { query, engine } = database;
  const migrations = { ...MIGRATIONS, ...added };
  await migrateSchema(query, { engine, migrations });
  await migrateSchema(query, { engine, migrations });
  const tables = await query.introspection.getTables();
  assertEquals(tables.filter(({ name }) => name === "cats").length, 1);
});

testOnEachEngine("migrateSchema() leaves nothing of steps that fail", async (place) => {
  await using database = await place.open();
  const { query, engine } = database;
  const migrations = { ...MIGRATIONS, ...added, "0101_wrong": () => ["create table"] };
  await assertRejects(
    () => migrateSchema(query, { engine, migrations }),
    Error,
    "Cannot bring the database schema up to date: ",
  );
  const tables = await query.introspection.getTables();
  assertEquals(tables.filter(({ name }) => name === "cats"), []);
});

testOnEachEngine("migrateSchema() says that a newer version changed the schema", async (place) => {
  await using database = await place.open();
  const { query, engine } = database;
  await migrateSchema(query, { engine, migrations: { ...MIGRATIONS, ...added } });
  await assertRejects(
    () => migrateSchema(query, { engine }),
    Error,
    "a newer version of the service has changed it (step 0100_cats)",
  );
});
