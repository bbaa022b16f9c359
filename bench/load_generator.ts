/**
 * Sends one request again and again over several connections, each of which waits for its answer;
 * a process of its own, so that its work can be told apart. The argument is a `LoadOptions` as
 * JSON; prints a `LoadResult` as JSON.
 */
import process from "node:process";
import { type HttpResponse, HttpResponseReader } from "./http_response_reader.ts";
import type { LoadOptions, LoadResult } from "./load.ts";

const options: LoadOptions = JSON.parse(Deno.args[0] ?? "");
const request = makeRequest(options);
const result: LoadResult = {
  latenciesMs: [],
  statuses: {},
  connectionsLost: 0,
  refusalsWithoutRetryAfter: 0,
  elapsedMs: 0,
  cpuMs: 0,
};
const cpuAtStart = readCpuMs();
const started = performance.now();
let requestsLeft = options.requests ?? Infinity;
await Promise.all(Array.from({ length: options.connections }, runConnection));
result.elapsedMs = performance.now() - started;
result.cpuMs = readCpuMs() - cpuAtStart;
await new Blob([JSON.stringify(result)]).stream().pipeTo(Deno.stdout.writable);

function makeRequest({ url, bodyPath }: LoadOptions): Uint8Array {
  const { host, pathname, search } = new URL(url);
  const body = Deno.readFileSync(bodyPath);
  const head = new TextEncoder().encode(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: image/jpeg\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

async function runConnection(): Promise<void> {
  const { hostname, port } = new URL(options.url);
  const isOver = () => performance.now() - started >= (options.durationMs ?? Infinity);
  while (requestsLeft > 0 && !isOver()) {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay();
    const reader = new HttpResponseReader(connection);
    try {
      while (requestsLeft > 0 && !isOver()) {
        requestsLeft--;
        const sent = performance.now();
        const response = await exchange(connection, reader);
        record(response, performance.now() - sent);
        if (response.headers.get("connection") === "close") break;
      }
    } catch {
      result.connectionsLost++;
    }
  }
}

/** A refusal may come before the whole request is sent, so both go on at once. */
async function exchange(connection: Deno.TcpConn, reader: HttpResponseReader) {
  const [response] = await Promise.all([reader.read(), writeAll(connection, request)]);
  return response;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let position = 0;
  while (position < bytes.length) position += await connection.write(bytes.subarray(position));
}

function record({ status, headers }: HttpResponse, latencyMs: number): void {
  result.statuses[status] = (result.statuses[status] ?? 0) + 1;
  if (status === 200) result.latenciesMs.push(latencyMs);
  if (status === 429 && !(Number(headers.get("retry-after")) > 0)) {
    result.refusalsWithoutRetryAfter++;
  }
}

function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
