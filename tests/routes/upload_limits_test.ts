import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createConnection } from "node:net";
import type { AddressInfo } from "node:net";
import { closeServer, listen } from "../../routes/http_server.ts";
import { createTestApp, post } from "./test_app.ts";

const PATH = "/v1/models/tiny:classify";
const SMALL = { BODY_BYTES_MAX: "2048", UPLOADS_BYTES_MAX: "4096" };

function upload(bytes: number): RequestInit {
  return post(new Uint8Array(bytes), { "Content-Length": String(bytes) });
}

Deno.test("limitUploads() refuses what would make all uploads together too large", async () => {
  await using test = await createTestApp({ run: () => new Promise(() => {}) }, {
    environment: SMALL,
  });
  const waiting = [1, 2].map(() => test.app.request(PATH, upload(2000)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const refused = await test.app.request(PATH, upload(200));
  const { code, error } = await refused.json();
  assertEquals([refused.status, code], [429, "queue_full"]);
  assertStringIncludes(error, "4096");
  assertEquals(refused.headers.get("Retry-After"), "1");
  test.pool.close();
  await Promise.all(waiting);
});

Deno.test("limitUploads() gives the room back when a request is answered", async () => {
  await using test = await createTestApp({}, { environment: SMALL });
  for (let count = 0; count < 5; count++) {
    assertEquals((await test.app.request(PATH, upload(2000))).status, 200);
  }
});

Deno.test("limitUploads() gives the room back when a body stops in the middle of its way", async () => {
  await using test = await createTestApp({}, {
    environment: { ...SMALL, REQUEST_TIMEOUT_MS: "50" },
  });
  const stalled = () => new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) });
  const lengths: Record<string, string>[] = [
    { "Content-Length": "2000" },
    { "Transfer-Encoding": "chunked" },
  ];
  for (const headers of lengths) {
    const requests = [1, 2].map(() => test.app.request(PATH, post(stalled(), headers)));
    assertEquals((await Promise.all(requests)).map(({ status }) => status), [504, 504]);
    assertEquals((await test.app.request(PATH, upload(2000))).status, 200);
  }
});

Deno.test("limitUploads() knows a client that leaves within a body of no declared length", async () => {
  await using test = await createTestApp();
  for (const [code, status] of [["ECONNRESET", 499], ["HPE_INVALID_CHUNK_SIZE", 400]] as const) {
    const error = Object.assign(new Error("broken"), { code });
    const body = new ReadableStream({ pull: (controller) => controller.error(error) });
    assertEquals((await test.app.request(PATH, post(body))).status, status);
  }
});

/** Sends a whole request before it looks at the answer, as many clients do. */
function sendAll(port: number, head: string, body: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
    socket.pause();
    socket.write(head);
    socket.write(body, () => {
      socket.on("data", (data) => {
        answer += data.toString();
        socket.end();
      });
      socket.resume();
    });
  });
}

Deno.test("drainRefusedBody() lets a client that sends everything first see why it was refused", async () => {
  await using test = await createTestApp();
  const server = await listen(test.app.fetch, { host: "127.0.0.1", port: 0 });
  const { port } = server.address() as AddressInfo;
  const body = new Uint8Array(12 * 1024 * 1024);
  const head = `POST /v1/models/nobody:classify HTTP/1.1\r\nHost: localhost\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`;
  const answer = await sendAll(port, head, body);
  assert(answer.startsWith("HTTP/1.1 404"), answer.slice(0, 80));
  assertStringIncludes(answer, "model_not_found");
  await closeServer(server, 1_000);
});
