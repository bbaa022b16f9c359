import { assertEquals } from "@std/assert";
import type { Change } from "../../../lib/storage/changes.ts";
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
