import { assertEquals } from "@std/assert";
// @ts-types="../../../lib/storage/postgres_driver.d.ts"
import pg from "pg";
import { type Change, ChangeEmitter } from "../../../lib/storage/changes.ts";
import { listenForChanges } from "../../../lib/storage/postgres_listener.ts";
import { readPostgresValue } from "../../../lib/storage/postgres_values.ts";
import { openBrokenProxy } from "./broken_proxy.ts";
import { testOnPostgres } from "./test_databases.ts";

testOnPostgres(
  "listenForChanges() connects again and says that changes may be missing",
  async (place) => {
    if (!place.cluster) return;
    await using database = await place.open();
    const seen: Change[] = [];
    const reconnected = Promise.withResolvers<void>();
    const received = Promise.withResolvers<void>();
    using _watch = database.watchChanges((change) => {
      seen.push(change);
      if (change.topic === "everything") reconnected.resolve();
      else received.resolve();
    });
    await place.cluster.run(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lastlayer' " +
        "and query like 'listen%' and datname = current_database()",
      place.databaseUrl,
    );
    await reconnected.promise;
    await database.announce({ topic: "job", id: "ftjob-1" });
    await received.promise;
    assertEquals(seen, [{ topic: "everything", id: "" }, { topic: "job", id: "ftjob-1" }]);
  },
);

testOnPostgres("listenForChanges() notices a connection that was cut silently", async (place) => {
  const proxy = await openBrokenProxy(place.databaseUrl);
  const emitter = new ChangeEmitter();
  const seen = Promise.withResolvers<Change>();
  using _watch = emitter.add(seen.resolve);
  const createClient = () =>
    new pg.Client({
      connectionString: proxy.url,
      application_name: "lastlayer",
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      types: { getTypeParser: readPostgresValue },
    });
  await using _listener = await listenForChanges(createClient, emitter, {
    beatMs: 50,
    answerMsMax: 500,
  });
  proxy.silence();
  const tooLate = setTimeout(() => seen.resolve({ topic: "job", id: "nothing" }), 10_000);
  const change = await seen.promise;
  clearTimeout(tooLate);
  await proxy[Symbol.asyncDispose]();
  assertEquals(change, { topic: "everything", id: "" });
});
