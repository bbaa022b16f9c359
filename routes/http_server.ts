import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { ErrorCode } from "../lib/service_error.ts";
import { STATUS_BY_CODE } from "./errors.ts";

/** How often connections that have become idle are closed while a server drains. */
const DRAIN_INTERVAL_MS = 20;

/**
 * Serves an app over HTTP/1.1 with `node:http`, which tells when a client goes away while its
 * request waits; `Deno.serve` of Deno 2.9 does not once the request has a body. Prints where it
 * listens.
 *
 * @throws {Error} if the address cannot be listened on
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): Promise<Server> {
  const listener = getRequestListener(fetch, { hostname: host, errorHandler: answerBadRequest });
  const server = createServer(listener);
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
  return server;
}

/**
 * Stops accepting, waits for what runs, and cuts off what still runs after `timeoutMs`. Connections
 * that are only kept alive are closed.
 */
export async function closeServer(server: Server, timeoutMs: number): Promise<void> {
  const cutOff = setTimeout(() => server.closeAllConnections(), timeoutMs);
  const sweep = setInterval(() => server.closeIdleConnections(), DRAIN_INTERVAL_MS);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(sweep);
  clearTimeout(cutOff);
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
