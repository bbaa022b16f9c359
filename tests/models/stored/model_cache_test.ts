import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { OpenDatabase } from "../../../lib/storage/database.ts";
import { moveLabel } from "../../../lib/storage/models/publish_version.ts";
import { deleteModel } from "../../../lib/storage/models/stored_models.ts";
import { ModelCache } from "../../../models/stored/model_cache.ts";
import { testOnEachEngine, testWithDatabase } from "../../lib/storage/test_databases.ts";
import { publishTrained } from "./stored_fixtures.ts";

testWithDatabase("ModelCache reads a model once until it is forgotten", async (database) => {
  using cache = new ModelCache(database);
  await publishTrained(database);
  const [first, second] = await Promise.all([cache.find("pets"), cache.find("pets")]);
  assertStrictEquals(first, second);
  cache.forget("pets");
  const third = await cache.find("pets");
  assert(third !== first);
  assertEquals(third, first);
});

testOnEachEngine("ModelCache notices what this and other replicas change", async (place) => {
  await using here = await place.open();
  // SQLite has one replica.
  await using second = here.engine === "sqlite" ? undefined : await place.open();
  const there = second ?? here;
  using cache = new ModelCache(here);
  const stableVersion = async () => (await cache.find("pets"))?.labels.stable;
  const waitFor = async (version: number | undefined) => {
    while (await stableVersion() !== version) await new Promise((done) => setTimeout(done, 5));
  };
  assertEquals(await stableVersion(), undefined);
  await publishTrained(there);
  await waitFor(1);
  await publishTrained(there);
  await waitFor(2);
  await moveLabel(there, { model: "pets", label: "stable", version: 1 });
  await waitFor(1);
  await deleteModel(there, "pets");
  await waitFor(undefined);
});

testWithDatabase("ModelCache keeps no failure", async (database) => {
  await publishTrained(database);
  let isBroken = true;
  const flaky: OpenDatabase = {
    ...database,
    get query() {
      if (isBroken) throw new Error("no connection");
      return database.query;
    },
  };
  using cache = new ModelCache(flaky);
  await assertRejects(() => cache.find("pets"), Error, "no connection");
  isBroken = false;
  assertEquals((await cache.find("pets"))?.labels, { stable: 1 });
});
