import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { AddressInfo } from "node:net";
import { SequenceStore } from "../../models/sequences/sequence_store.ts";
import { createApp } from "../../routes/app.ts";
import { closeServer, listen } from "../../routes/http_server.ts";
import { createShippedApp } from "../shipped_app.ts";
import {
  beginSequence,
  makeRows,
  MODEL,
  scoresOf,
  sendJson,
  SEQUENCES,
} from "./sequence_fixtures.ts";

const HOST = "127.0.0.1";
const KEY = "first-key-0123456789";
const PATH = `${SEQUENCES}/stream`;
const clock = { now: 1_700_000_000_000 };
const sequences = new SequenceStore({ sequencesMax: 5, timeToLiveMs: 1_000, now: () => clock.now });
const { app, pool, services } = await createShippedApp({
  sequences,
  environment: { REQUEST_TIMEOUT_MS: "60000" },
});
let isDraining = false;
const keyed = createApp({ ...services, apiKeys: [KEY], isDraining: () => isDraining });
const impatient = createApp({ ...services, limits: { ...services.limits, requestTimeoutMs: 500 } });
Deno.test.afterAll(() => pool.close());

interface Answer {
  message?: number;
  id?: string;
  steps_so_far?: number;
  predictions?: { index: number; score: number }[];
  steps?: { predictions: { index: number; score: number }[] }[];
  error?: string;
  code?: string;
}

/** A client that keeps what comes until it is asked for. */
async function connect(port: number, query = "", protocols: string[] = []) {
  const socket = new WebSocket(`ws://${HOST}:${port}${PATH}${query}`, protocols);
  socket.binaryType = "arraybuffer";
  const answers: Answer[] = [];
  const waiting: (() => void)[] = [];
  socket.onmessage = ({ data }) => {
    answers.push(JSON.parse(data));
    for (const wake of waiting.splice(0)) wake();
  };
  const ended = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const read = async (): Promise<Answer> => {
    while (answers.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return answers.shift() as Answer;
  };
  return { socket, read, ended };
}

async function serve(served: typeof app = app) {
  const server = await listen(served.fetch, { host: HOST, port: 0 });
  const { port } = server.address() as AddressInfo;
  return { server, port, [Symbol.asyncDispose]: () => closeServer(server, 1_000) };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function assertClose(found: number[], expected: number[]): void {
  assertEquals(found.length, expected.length);
  for (const [index, value] of found.entries()) {
    assertAlmostEquals(value, expected[index] ?? NaN, 1e-5);
  }
}

/** The head of the answer to a handshake with any headers, which `WebSocket` cannot send. */
async function shakeHands(port: number, headers: Record<string, string> = {}, path = PATH) {
  const connection = await Deno.connect({ hostname: HOST, port });
  const lines = Object.entries({
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  await connection.write(
    new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`),
  );
  const bytes = new Uint8Array(4_096);
  const length = await connection.read(bytes) ?? 0;
  return { connection, head: new TextDecoder().decode(bytes.subarray(0, length)) };
}

Deno.test("the stream answers messages in JSON and float32 as the whole series is answered", async () => {
  const rows = makeRows(20, 1);
  const response = await app.request(
    `/v1/models/${MODEL}:classify?output_mode=all`,
    sendJson({ inputs: rows }),
  );
  const whole: Answer = await response.json();
  await using service = await serve();
  const { socket, read, ended } = await connect(service.port, "?output_mode=all");
  const { id, steps_so_far } = await read();
  assertEquals([id?.startsWith("sequence-"), steps_so_far], [true, 0]);
  socket.send(JSON.stringify({ inputs: rows.slice(0, 1) }));
  socket.send(Float32Array.from(rows.slice(1, 8).flat()));
  socket.send(JSON.stringify({ inputs: rows.slice(8) }));
  const answers = [await read(), await read(), await read()];
  assertEquals(answers.map((each) => [each.message, each.steps_so_far]), [[1, 1], [2, 8], [3, 20]]);
  const steps = answers.flatMap((answer) => answer.steps ?? []);
  for (const [index, { predictions }] of steps.entries()) {
    assertClose(scoresOf(predictions), scoresOf(whole.steps?.[index]?.predictions ?? []));
  }
  assertEquals(steps.length, 20);
  socket.close();
  await ended;
});

Deno.test("the state is freed when the client goes away, with and without a word", async () => {
  await using service = await serve();
  const { socket, read, ended } = await connect(service.port);
  await read();
  assertEquals(sequences.size, 1);
  socket.close();
  await ended;
  await until(() => sequences.size === 0);
  const { connection } = await shakeHands(service.port);
  await until(() => sequences.size === 1);
  connection.close();
  await until(() => sequences.size === 0);
});

Deno.test("a message that is refused gets its error and changes nothing", async () => {
  await using service = await serve();
  const { socket, read, ended } = await connect(service.port, "?top_k=1");
  await read();
  const messages: [data: string | Float32Array<ArrayBuffer>, code: string, error: string][] = [
    ["{", "malformed_request", "as JSON"],
    [JSON.stringify({ inputs: [[1]] }), "invalid_value", "row 0 has 1"],
    [JSON.stringify({ inputs: [] }), "invalid_value", "current number is 0"],
    [JSON.stringify({ rows: [] }), "invalid_value", "must not have"],
    [JSON.stringify({ instances: [makeRows(1, 1), makeRows(1, 1)] }), "invalid_value", "it has 2"],
    [Float32Array.of(1, 2, 3), "invalid_value", "each step must have 24 bytes: there are 12"],
    [Float32Array.of(1, 2, 3, 4, 5, NaN), "invalid_value", "channel 5 is NaN"],
    [new Float32Array(), "invalid_value", "current number is 0"],
  ];
  for (const [data] of messages) socket.send(data);
  for (const [index, [, code, error]] of messages.entries()) {
    const answer = await read();
    assertEquals([answer.message, answer.code], [index + 1, code], error);
    assertStringIncludes(answer.error ?? "", error);
  }
  socket.send(JSON.stringify({ inputs: makeRows(1, 2) }));
  const { steps_so_far, predictions } = await read();
  assertEquals([steps_so_far, predictions?.length], [1, 1]);
  socket.close();
  await ended;
});

Deno.test("the stream ends with 1008 when its sequence has expired, was evicted or deleted", async () => {
  await using service = await serve();
  const ends: [code: string, end: (id: string) => Promise<unknown>][] = [
    ["sequence_expired", () => Promise.resolve(clock.now += 1_000)],
    [
      "sequence_deleted",
      (id) => Promise.resolve(app.request(`${SEQUENCES}/${id}`, { method: "DELETE" })),
    ],
    ["sequence_evicted", async () => {
      for (let count = 0; count < 5; count++) await beginSequence(app);
    }],
  ];
  for (const [code, end] of ends) {
    const { socket, read, ended } = await connect(service.port);
    const { id = "" } = await read();
    await end(id);
    socket.send(JSON.stringify({ inputs: makeRows(1, 3) }));
    assertEquals((await read()).code, code);
    const event = await ended;
    assertEquals([event.code, event.reason], [1008, code]);
  }
});

/** A masked binary frame; its mask is 0. */
function makeFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 0x82ff);
  view.setBigUint64(2, BigInt(payload.length));
  frame.set(payload, 14);
  return frame;
}

Deno.test("a client that does not read is not read from, and is cut off with 1013 in time", async () => {
  clock.now += 1_000;
  await using service = await serve(impatient);
  const completedBefore = pool.status().completed;
  const { connection } = await shakeHands(service.port, {}, `${PATH}?output_mode=all`);
  await until(() => sequences.size === 1);
  // Its answer is far longer than itself, so that few of them fill what the network holds.
  const values = Float32Array.from(makeRows(2_000, 4).flat());
  const frame = makeFrame(new Uint8Array(values.buffer));
  const FRAMES = 1_000;
  let sent = 0;
  const sending = (async () => {
    while (sent < FRAMES * frame.length) {
      sent += await connection.write(frame.subarray(sent % frame.length));
    }
  })().catch(() => {});
  await until(() => sequences.size === 0);
  const completed = pool.status().completed - completedBefore;
  assert(completed > 0 && completed < 100, `${completed} pieces were run for nobody`);
  assert(sent < FRAMES * frame.length / 2, `${sent} bytes were read from it`);
  // The reason comes behind the answers that it has not read.
  const end = Uint8Array.of(1013 >> 8, 1013 & 255, ...new TextEncoder().encode("The answers must"));
  let tail = "";
  const bytes = new Uint8Array(65_536);
  while (!tail.includes(String.fromCharCode(...end))) {
    const length = await connection.read(bytes);
    assert(length !== null, "the connection ended without a reason");
    tail = tail.slice(-100) +
      Array.from(bytes.subarray(0, length), (byte) => String.fromCharCode(byte)).join("");
  }
  connection.close();
  await sending;
});

Deno.test("the stream asks for a key as all routes do, and for a recurrent model", async () => {
  await using service = await serve(keyed);
  const statusOf = async (headers: Record<string, string>, path = PATH) => {
    const { connection, head } = await shakeHands(service.port, headers, path);
    connection.close();
    return Number(head.split(" ")[1]);
  };
  const headers = { Authorization: `Bearer ${KEY}` };
  assertEquals(await statusOf({}), 401);
  assertEquals(await statusOf(headers), 101);
  assertEquals(await statusOf(headers, PATH.replace(MODEL, "nobody")), 404);
  assertEquals(await statusOf(headers, PATH.replace(MODEL, "edge-cnn")), 422);
  assertEquals(await statusOf(headers, `${PATH}?output_mode=some`), 422);
  isDraining = true;
  assertEquals(await statusOf(headers), 503);
  isDraining = false;
});

Deno.test("a handshake that is refused is answered with the error as all routes answer it", async () => {
  await using service = await serve(keyed);
  const refusals: [path: string, headers: Record<string, string>, status: number, code: string][] =
    [
      [PATH, {}, 401, "unauthorized"],
      [PATH.replace(MODEL, "nobody"), { Authorization: `Bearer ${KEY}` }, 404, "model_not_found"],
      [`${PATH}?top_k=no`, { Authorization: `Bearer ${KEY}` }, 422, "invalid_value"],
    ];
  for (const [path, headers, status, code] of refusals) {
    const asked = { ...headers, "X-Request-Id": `asked-${status}` };
    const { connection, head } = await shakeHands(service.port, asked, path);
    const rest = await connection.read(new Uint8Array(1));
    connection.close();
    const [lines = "", body = ""] = head.split("\r\n\r\n");
    assertStringIncludes(lines, `HTTP/1.1 ${status} `);
    assertStringIncludes(lines.toLowerCase(), `content-length: ${body.length}`);
    assertStringIncludes(lines.toLowerCase(), "content-type: application/json");
    const answer = JSON.parse(body);
    assertEquals([answer.code, answer.request_id], [code, `asked-${status}`]);
    assertStringIncludes(answer.error, "Cannot");
    assertEquals(rest, null, "the connection stayed open");
  }
});

Deno.test("GET stream without a handshake answers 426", async () => {
  await using service = await serve();
  for (const headers of [{}, { Upgrade: "websocket" }]) {
    const response = await fetch(`http://${HOST}:${service.port}${PATH}`, { headers });
    assertEquals([response.status, (await response.json()).code], [426, "upgrade_required"]);
    assertEquals(response.headers.get("Upgrade"), "websocket");
  }
});

Deno.test("the stream ends with 1001 when the service shuts down", async () => {
  clock.now += 1_000;
  const service = await serve();
  const { read, ended } = await connect(service.port);
  await read();
  await closeServer(service.server, 1_000);
  assertEquals((await ended).code, 1001);
  await until(() =>
    sequences.size === 0 || sequences.list({ model: MODEL, owner: "" }).length <= 5
  );
});
