import { assert, assertEquals, assertRejects } from "@std/assert";
import { upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import type { AddressInfo } from "node:net";
import { closeServer, listen } from "../../routes/http_server.ts";

const HOST = "127.0.0.1";

function addressOf(server: Awaited<ReturnType<typeof listen>>): string {
  return `http://${HOST}:${(server.address() as AddressInfo).port}`;
}

Deno.test("listen() serves requests with bodies and closeServer() stops it", async () => {
  const server = await listen(async (request) => new Response(await request.text()), {
    host: HOST,
    port: 0,
  });
  const url = addressOf(server);
  const response = await fetch(url, { method: "POST", body: "echo" });
  assertEquals(await response.text(), "echo");
  await closeServer(server, 1_000);
  await assertRejects(() => fetch(url));
});

Deno.test("listen() answers a request that offers a protocol which the server does not speak", async () => {
  const server = await listen(
    async (request) => new Response(`${request.method} ${await request.text()}`),
    { host: HOST, port: 0 },
  );
  const { port } = server.address() as AddressInfo;
  for (const [method, protocol] of [["GET", "h2c"], ["POST", "h2c"], ["POST", "websocket"]]) {
    using connection = await Deno.connect({ hostname: HOST, port });
    const head = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\n` +
      `Upgrade: ${protocol}\r\nContent-Length: 4\r\n\r\nbody`;
    await connection.write(new TextEncoder().encode(head));
    const tooLate = setTimeout(() => connection.close(), 2_000);
    const answer = await new Response(connection.readable).text();
    clearTimeout(tooLate);
    assert(answer.startsWith("HTTP/1.1 200 "), answer);
    assert(answer.endsWith(`${method} ${method === "GET" ? "" : "body"}`), answer);
  }
  await closeServer(server, 1_000);
});

Deno.test("listen() answers the next request on a connection whose last body nobody read", async () => {
  const server = await listen(({ method, body }) => new Response(`${method} ${body !== null}\n`), {
    host: HOST,
    port: 0,
  });
  const { port } = server.address() as AddressInfo;
  // Sizes that fit into the buffers on the way, and that do not.
  for (const [method, bytes] of [["GET", 900_000], ["POST", 900_000], ["POST", 9_000]] as const) {
    using connection = await Deno.connect({ hostname: HOST, port });
    const first = `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;
    const next = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const tooLate = setTimeout(() => connection.close(), 2_000);
    const answers = new Response(connection.readable).text();
    const sending = new Response(first + "x".repeat(bytes) + next).body?.pipeTo(
      connection.writable,
      {
        preventClose: true,
      },
    );
    await sending?.catch(() => {});
    const statuses = (await answers.catch(() => "")).match(/HTTP\/1.1 \d+/g);
    clearTimeout(tooLate);
    assertEquals(statuses, ["HTTP/1.1 200", "HTTP/1.1 200"], `${method} ${bytes}`);
  }
  await closeServer(server, 1_000);
});

Deno.test("listen() aborts the request's signal when its client goes away", async () => {
  const aborted = Promise.withResolvers<void>();
  const server = await listen(async (request) => {
    request.signal.addEventListener("abort", () => aborted.resolve());
    await request.arrayBuffer();
    await aborted.promise;
    return new Response();
  }, { host: HOST, port: 0 });
  const client = new AbortController();
  const pending = fetch(addressOf(server), {
    method: "POST",
    body: new Uint8Array(100_000),
    signal: client.signal,
  });
  setTimeout(() => client.abort(), 50);
  await assertRejects(() => pending);
  await aborted.promise;
  await closeServer(server, 1_000);
});

Deno.test("listen() throws with the address when it is taken", async () => {
  const server = await listen(() => new Response(), { host: HOST, port: 0 });
  const { port } = server.address() as AddressInfo;
  await assertRejects(
    () => listen(() => new Response(), { host: HOST, port }),
    Error,
    String(port),
  );
  await closeServer(server, 1_000);
});

Deno.test("closeServer() waits for a request that runs, and cuts it off at the limit", async () => {
  for (
    const { workMs, limitMs, answered } of [
      { workMs: 100, limitMs: 5_000, answered: true },
      { workMs: 60_000, limitMs: 100, answered: false },
    ]
  ) {
    const work = Promise.withResolvers<void>();
    const timer = setTimeout(work.resolve, workMs);
    const server = await listen(async () => {
      await work.promise;
      return new Response("done");
    }, { host: HOST, port: 0 });
    const outcome = fetch(addressOf(server)).then((response) => response.text(), () => "cut off");
    await new Promise((resolve) => setTimeout(resolve, 30));
    const started = performance.now();
    await closeServer(server, limitMs);
    assert(performance.now() - started < 3_000);
    assertEquals(await outcome, answered ? "done" : "cut off");
    clearTimeout(timer);
    work.resolve();
  }
});

Deno.test("closeServer() does not wait for a connection that was opened and never used", async () => {
  const answering = Promise.withResolvers<void>();
  const server = await listen(async () => {
    await answering.promise;
    return new Response("done");
  }, { host: HOST, port: 0 });
  const { port } = server.address() as AddressInfo;
  using _unused = await Deno.connect({ hostname: HOST, port });
  const pending = fetch(addressOf(server)).then((response) => response.text());
  await new Promise((resolve) => setTimeout(resolve, 50));
  const started = performance.now();
  const closed = closeServer(server, 10_000);
  // Longer than unused connections stay: one that is used is not among them.
  setTimeout(answering.resolve, 1_000);
  assertEquals(await pending, "done");
  await closed;
  assert(performance.now() - started < 5_000);
});

Deno.test("closeServer() ends connections that bring no request, and serves one on its way", async () => {
  const server = await listen(() => new Response("served"), { host: HOST, port: 0 });
  const { port } = server.address() as AddressInfo;
  using silent = await Deno.connect({ hostname: HOST, port });
  using halfHead = await Deno.connect({ hostname: HOST, port });
  using late = await Deno.connect({ hostname: HOST, port });
  const write = (to: Deno.Conn, text: string) => to.write(new TextEncoder().encode(text));
  await write(halfHead, "GET / HT");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const started = performance.now();
  const closing = closeServer(server, 20_000);
  await write(late, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert((await new Response(late.readable).text()).endsWith("served"));
  await closing;
  assert(performance.now() - started < 10_000);
  for (const connection of [silent, halfHead]) {
    await new Response(connection.readable).bytes().catch(() => {});
  }
});

Deno.test("listen() serves HTTP/1.0 without Host and answers a bad head in the service's form", async () => {
  const server = await listen(() => new Response("alive"), { host: HOST, port: 0 });
  const { port } = server.address() as AddressInfo;
  async function send(text: string): Promise<string> {
    using connection = await Deno.connect({ hostname: HOST, port });
    await connection.write(new TextEncoder().encode(text));
    return await new Response(connection.readable).text();
  }
  const old = await send("GET /v2/health/live HTTP/1.0\r\n\r\n");
  assert(old.startsWith("HTTP/1.1 200"), old);
  const bad = await send("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
  assert(bad.startsWith("HTTP/1.1 400"), bad);
  assert(bad.includes("malformed_request"), bad);
  await closeServer(server, 1_000);
});

Deno.test("closeServer() ends WebSockets with 1001, and cuts off a client that does not answer", async () => {
  const app = new Hono().get("/", upgradeWebSocket(() => ({})));
  const server = await listen(app.fetch, { host: HOST, port: 0 });
  const url = addressOf(server);
  const client = new WebSocket(url.replace("http", "ws"));
  await new Promise((resolve) => client.onopen = resolve);
  const ended = new Promise<CloseEvent>((resolve) => client.onclose = resolve);
  // It shakes hands and says no more, not even that it has read the end.
  using silent = await Deno.connect({ hostname: HOST, port: Number(new URL(url).port) });
  await silent.write(new TextEncoder().encode(
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  await silent.read(new Uint8Array(1_000));
  const started = performance.now();
  await closeServer(server, 200);
  assert(performance.now() - started < 5_000);
  assertEquals((await ended).code, 1001);
});

Deno.test("listen() closes a WebSocket with 1009 for a message above 1 MiB", async () => {
  const app = new Hono().get(
    "/",
    upgradeWebSocket(() => ({
      onMessage: ({ data }, socket) => socket.send(String((data as ArrayBuffer).byteLength)),
    })),
  );
  const server = await listen(app.fetch, { host: HOST, port: 0 });
  const client = new WebSocket(addressOf(server).replace("http", "ws"));
  await new Promise((resolve) => client.onopen = resolve);
  const answered = new Promise<MessageEvent>((resolve) => client.onmessage = resolve);
  client.send(new Uint8Array(1024 * 1024));
  assertEquals((await answered).data, String(1024 * 1024));
  const ended = new Promise<CloseEvent>((resolve) => client.onclose = resolve);
  client.send(new Uint8Array(1024 * 1024 + 1));
  assertEquals((await ended).code, 1009);
  await closeServer(server, 1_000);
});
