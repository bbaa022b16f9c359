import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from "node:http";
import type { Socket } from "node:net";
import { createAdaptorServer, getRequestListener } from "@hono/node-server";
// @ts-types="./web_socket_server.d.ts"
import { WebSocketServer } from "ws";
import type { ErrorCode } from "../lib/service_error.ts";
import { STATUS_BY_CODE } from "./errors.ts";

/** Largest message of a WebSocket; `ws` closes a connection that sends a larger one with 1009. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
/** The service is going away, says RFC 6455. */
const GOING_AWAY = 1001;

/** A server whose WebSockets can be ended. */
export type HttpServer = Server & {
  /** Asks the clients of all WebSockets to close them. */
  closeWebSockets(): void;
  /** Cuts off those that are still open. */
  cutWebSockets(): void;
  /** Cuts off the connections over which no request has come yet. */
  cutSilent(): void;
};

/** An option of Node 24.9 that Deno has, and its types have not. */
const SERVER_OPTIONS: ServerOptions & { shouldUpgradeCallback: typeof isHandshake } = {
  shouldUpgradeCallback: isHandshake,
};

/** How often connections that have become idle are closed while a server drains. */
const DRAIN_INTERVAL_MS = 20;
/** Browsers and proxies open connections in advance, which do not count as idle before a request. */
const SILENT_MS = 500;

/**
 * Serves an app over HTTP/1.1 with `node:http`, which tells when a client goes away while its
 * request waits; `Deno.serve` of Deno 2.9 does not once the request has a body. Prints where it
 * listens.
 *
 * @throws {Error} if the address cannot be listened on
 */
export async function listen(
  fetch: (request: Request, env?: unknown) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<HttpServer> {
  const listener = getRequestListener(fetch, { hostname: host, errorHandler: answerBadRequest });
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX });
  const server = createAdaptorServer({
    // Only handshakes come this way, whose refusals the adapter would send without their bodies.
    async fetch(request, env) {
      const response = await fetch(request, env);
      const { socket } = env.incoming as IncomingMessage;
      if (response.status >= 400) await sendRefusal(socket, response);
      return response;
    },
    // Its own listener would answer a bad head in another form than ours.
    createServer: () =>
      createServer(SERVER_OPTIONS, (incoming, outgoing) => {
        outgoing.once("finish", () => readOn(incoming));
        return listener(incoming, outgoing);
      }),
    websocket: { server: webSockets },
  }) as Server;
  const silent = watchSilent(server);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot listen on ${host}:${port} as ${reason}`, { cause: error });
  }
  const address = server.address();
  const boundPort = typeof address === "object" ? address?.port : port;
  // deno-lint-ignore no-console -- the line that people and scripts wait for
  console.log(`Listening on http://${host.includes(":") ? `[${host}]` : host}:${boundPort}`);
  return Object.assign(server, {
    closeWebSockets() {
      for (const each of webSockets.clients) each.close(GOING_AWAY, "The service is shutting down");
    },
    cutWebSockets() {
      for (const each of webSockets.clients) each.terminate();
    },
    cutSilent() {
      for (const socket of silent) socket.destroy();
    },
  });
}

/** The connections over which no request has come. */
function watchSilent(server: Server): ReadonlySet<Socket> {
  const silent = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  for (const event of ["request", "upgrade"]) {
    server.on(event, ({ socket }: IncomingMessage) => silent.delete(socket));
  }
  return silent;
}

/**
 * Stops accepting, waits for what runs, and cuts off what still runs after `timeoutMs`. Connections
 * that are only kept alive, or were only opened, are closed, and WebSockets, as they would never end.
 */
export async function closeServer(server: HttpServer, timeoutMs: number): Promise<void> {
  const cutOff = setTimeout(() => {
    server.closeAllConnections();
    server.cutWebSockets();
  }, timeoutMs);
  const sweep = setInterval(() => server.closeIdleConnections(), DRAIN_INTERVAL_MS);
  // A request whose head is on its way still gets its answer.
  const silence = setTimeout(() => server.cutSilent(), Math.min(SILENT_MS, timeoutMs));
  server.closeWebSockets();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(sweep);
  clearTimeout(silence);
  clearTimeout(cutOff);
}

/**
 * Whether a request goes to the WebSockets. One that offers another protocol, as many clients offer
 * h2c, is an ordinary one (RFC 9110, section 7.8); the adapter would leave it without an answer.
 */
function isHandshake({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Reads on what is left of the body of a request that was answered, as the next request comes behind
 * it. Node does this by itself, Deno 2.9 does not. The adapter's stream of the body, which nobody reads
 * any more, would stop it again.
 */
function readOn(incoming: IncomingMessage): void {
  if (incoming.readableEnded) return;
  incoming.removeAllListeners("data");
  incoming.resume();
}

/** Answers a handshake with more than its status, and ends the connection. */
async function sendRefusal(socket: Socket, response: Response): Promise<void> {
  const { status, headers } = response;
  const body = await response.clone().text();
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    ...[...headers].filter(([name]) => name !== "content-length").map((pair) => pair.join(": ")),
  ];
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => resolve());
  });
  socket.destroy();
}

/** Answers requests that never become one for the app, as their head is not valid. */
function answerBadRequest(error: unknown): Response {
  const reason = error instanceof Error ? error.message : String(error);
  const code: ErrorCode = "malformed_request";
  const body = {
    error: `Cannot read the request: ${reason}`,
    code,
    request_id: crypto.randomUUID(),
  };
  return Response.json(body, { status: STATUS_BY_CODE[code] });
}
