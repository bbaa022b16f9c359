import { assertEquals } from "@std/assert";
import { connect, createServer, type Socket } from "node:net";
// @ts-types="../../../lib/storage/postgres_driver.d.ts"
import pg from "pg";
import { type Change, ChangeEmitter } from "../../../lib/storage/changes.ts";
import { listenForChanges } from "../../../lib/storage/postgres_listener.ts";
import { readPostgresValue } from "../../../lib/storage/postgres_values.ts";
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

/** Stands before the server, and can stop passing on what its connections say, without an end. */
async function openSilencer(port: number) {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    for (const [from, to] of [[client, server], [server, client]] as const) {
      sockets.add(from);
      from.pipe(to).on("error", () => {});
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  return {
    port: typeof address === "object" ? address?.port : undefined,
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async close() {
      const closed = new Promise<void>((resolve) => proxy.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

testOnPostgres("listenForChanges() notices a connection that was cut silently", async (place) => {
  const url = new URL(place.databaseUrl);
  const proxy = await openSilencer(Number(url.port));
  url.port = String(proxy.port);
  const emitter = new ChangeEmitter();
  const seen = Promise.withResolvers<Change>();
  using _watch = emitter.add(seen.resolve);
  const createClient = () =>
    new pg.Client({
      connectionString: url.href,
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
  await proxy.close();
  assertEquals(change, { topic: "everything", id: "" });
});
