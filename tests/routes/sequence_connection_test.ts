import { assertEquals } from "@std/assert";
import { SequenceStore } from "../../models/sequences/sequence_store.ts";
import { SequenceConnection } from "../../routes/sequence_connection.ts";
import type { NodeWebSocket } from "../../routes/web_socket_server.d.ts";
import { createShippedApp } from "../shipped_app.ts";
import { makeRows, MODEL } from "./sequence_fixtures.ts";

const { pool, services } = await createShippedApp();
const lease = await services.models.acquire(MODEL);
Deno.test.afterAll(() => {
  lease[Symbol.dispose]();
  pool.close();
});

/** A connection over a socket whose other end the test plays. */
function connect(
  { sequencesMax = 5, timeToLiveMs = 60_000, isReading = true, sendMsMax = 50 } = {},
) {
  const sequences = new SequenceStore({ sequencesMax, timeToLiveMs });
  const log: string[] = [];
  const sent: { message?: number }[] = [];
  let onPong = () => {};
  const socket = {
    send(text: string, callback: () => void) {
      sent.push(JSON.parse(text));
      if (isReading) queueMicrotask(callback);
    },
    close: (code: number, reason: string) => log.push(`close ${code} ${reason}`),
    terminate: () => log.push("terminate"),
    ping: () => log.push("ping"),
    pause: () => log.push("pause"),
    resume: () => log.push("resume"),
    on: (_event: "pong", listener: () => void) => onPong = listener,
  } as unknown as NodeWebSocket;
  const { id: modelId } = lease.model;
  const from = { owner: "", model: MODEL, version: 1, modelId };
  let ends = 0;
  const connection = new SequenceConnection({ ...services, sequences }, socket, {
    from,
    query: { topK: 1, threshold: 0 },
    origin: "http://host",
    sendMsMax,
    pingIntervalMs: 10,
    onEnd: () => ends++,
  });
  return { connection, sequences, from, log, sent, answerPing: () => onPong(), ends: () => ends };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

Deno.test("a connection pings its client and ends one that does not answer", async () => {
  const { connection, log, answerPing } = connect();
  connection.open();
  await until(() => log.length === 1);
  answerPing();
  await until(() => log.includes("terminate"));
  assertEquals(log, ["ping", "ping", "terminate"]);
  connection.close();
});

Deno.test("a connection whose messages keep the pong waiting behind them goes on", async () => {
  const { connection, log } = connect();
  connection.open();
  const pings = () => log.filter((each) => each === "ping").length;
  const text = JSON.stringify({ inputs: makeRows(1, 1) });
  while (pings() < 4 && !log.includes("terminate")) {
    connection.receive(text);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assertEquals(log.includes("terminate"), false);
  connection.close();
});

Deno.test("a connection that is not read from ends no client for what it cannot hear", async () => {
  const { connection, log, ends } = connect({ isReading: false, sendMsMax: 120 });
  connection.open();
  for (let count = 0; count < 16; count++) connection.receive("{}");
  await until(() => ends() === 1);
  assertEquals(log.includes("terminate"), false);
  assertEquals(log.at(-1), "close 1013 The answers must be read");
});

Deno.test("a connection that is idle ends with 1008 when its sequence has expired", async () => {
  const { connection, log, ends } = connect({ timeToLiveMs: 1 });
  connection.open();
  await until(() => ends() === 1);
  assertEquals(log, ["resume", "close 1008 sequence_expired"]);
});

Deno.test("a connection for which there is no room ends with 1013", () => {
  const { connection, sequences, from, log, ends } = connect({ sequencesMax: 1 });
  using _turn = sequences.enter(sequences.create(from));
  connection.open();
  assertEquals([log, ends()], [["resume", "close 1013 queue_full"], 1]);
});

Deno.test("a connection reads no more than 16 messages ahead, and answers all in order", async () => {
  const { connection, log, sent } = connect();
  connection.open();
  const text = JSON.stringify({ inputs: makeRows(1, 1) });
  for (let count = 0; count < 15; count++) connection.receive(text);
  assertEquals(log, []);
  connection.receive(text);
  assertEquals(log, ["pause"]);
  await until(() => sent.length === 17);
  assertEquals(sent.map(({ message = 0 }) => message), Array.from({ length: 17 }, (_, i) => i));
  await until(() => log.includes("resume"));
  connection.close();
});

Deno.test("a connection whose client does not read ends with 1013 and frees its sequence", async () => {
  const { connection, sequences, log, sent, ends } = connect({ isReading: false });
  connection.open();
  connection.receive(JSON.stringify({ inputs: makeRows(1, 1) }));
  assertEquals(sequences.size, 1);
  await until(() => ends() === 1);
  assertEquals(log.at(-1), "close 1013 The answers must be read");
  assertEquals([sent.length, sequences.size], [1, 0]);
  connection.receive("late");
  connection.close();
  assertEquals([sent.length, ends()], [1, 1]);
});
