/** Stands between the driver and the server, so that a test can break their connections. */
import { connect, createServer, type Socket } from "node:net";

/** A proxy on a port of its own. */
export interface BrokenProxy extends AsyncDisposable {
  /** The URL of the database through it. */
  url: string;
  /** Resets all connections of clients. */
  reset(): void;
  /** Stops passing on what either side says, without an end. */
  silence(): void;
}

/** Opens a proxy before the server of a database. */
export async function openBrokenProxy(databaseUrl: string): Promise<BrokenProxy> {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const clients = new Set<Socket>();
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    clients.add(client);
    for (const [from, to] of [[client, server], [server, client]] as const) {
      sockets.add(from);
      from.pipe(to).on("error", () => {});
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  url.port = String(typeof address === "object" ? address?.port : undefined);
  return {
    url: url.href,
    reset: () => clients.forEach((client) => client.resetAndDestroy()),
    silence: () => sockets.forEach((socket) => socket.unpipe().pause()),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => proxy.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
