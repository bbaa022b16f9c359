import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CATALOG } from "../models/catalog.ts";
import { CONFIG_NAMES } from "../lib/config/config.ts";
import { testOnPostgres } from "./lib/storage/test_databases.ts";
import { parseManifest } from "../models/shipped/manifest.ts";
import { HAS_HUB, makeDataDir, pullModels, runServer, startServer } from "./server_process.ts";

const MODEL = "mobilenet-v2";
const MANIFEST = new URL("../weights/manifest.json", import.meta.url);
const PICTURE = Deno.readFileSync(new URL("fixtures/images/baseline.jpg", import.meta.url));
const CLASSIFY = `/v1/models/${MODEL}:classify`;

/** Waits until as many inputs have reached the pool, whatever became of them since. */
async function untilArrived(url: string, count: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const read = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const waiting = read("lastlayer_queue_length") + read("lastlayer_workers_busy");
    if (waiting + read("lastlayer_tasks_total") >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Fewer than ${count} inputs arrived`);
}

Deno.test("main --help lists every setting", async () => {
  await using dataDir = await makeDataDir();
  const { code, output } = await runServer(dataDir.path, {}, ["--help"]);
  assertEquals(code, 0);
  for (const name of CONFIG_NAMES) assertStringIncludes(output, name);
});

Deno.test("main reports all faulty settings and exits with 1", async () => {
  await using dataDir = await makeDataDir();
  const { code, output } = await runServer(dataDir.path, { PORT: "x", QUEUE_MAX: "0" });
  assertEquals(code, 1);
  assertStringIncludes(output, "PORT must be a whole number");
  assertStringIncludes(output, "QUEUE_MAX must be a whole number");
});

Deno.test("main refuses a public address without keys", async () => {
  await using dataDir = await makeDataDir();
  const { code, output } = await runServer(dataDir.path, { HOST: "0.0.0.0" });
  assertEquals(code, 1);
  assertStringIncludes(output, "set API_KEYS, or ALLOW_ANONYMOUS=1");
});

Deno.test("main refuses a data directory that another server holds", async () => {
  await using dataDir = await makeDataDir();
  await using server = await startServer(dataDir.path, { WORKERS: "1" });
  const { code, output } = await runServer(dataDir.path, { WORKERS: "1" });
  assertEquals(code, 1);
  assertStringIncludes(output, `process ${server.pid}`);
});

Deno.test("main refuses a port that is taken", async () => {
  await using dataDir = await makeDataDir();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = String(listener.addr.port);
  const { code, output } = await runServer(dataDir.path, { PORT, WORKERS: "1" });
  assertEquals(code, 1);
  assertStringIncludes(output, PORT);
});

Deno.test("main says how to pull a model that is not there, and exits with 0 on SIGTERM", async () => {
  await using dataDir = await makeDataDir();
  await using server = await startServer(dataDir.path, { WORKERS: "1" });
  const list = await (await fetch(`${server.url}/v1/models`)).json();
  const { models: shipped } = parseManifest(await Deno.readTextFile(MANIFEST));
  assertEquals(
    list.models.map(({ name }: { name: string }) => name),
    [...shipped.map(({ name }) => name), ...CATALOG.map(({ name }) => name)],
  );
  assertEquals(list.backend, {
    name: "wasm",
    simd: true,
    version: "4.22.0",
    workers: 1,
    workers_live: 1,
  });
  const response = await fetch(server.url + CLASSIFY, { method: "POST", body: "x" });
  assertEquals(response.status, 409);
  assertStringIncludes((await response.json()).error, `deno task pull ${MODEL}`);
  assertEquals((await server.stop()).code, 0);
});

Deno.test({
  name: "main classifies over HTTP, serves a model pulled while it runs, and logs each request",
  ignore: !HAS_HUB,
  async fn() {
    await using dataDir = await makeDataDir();
    await using server = await startServer(dataDir.path, { WORKERS: "1" });
    await pullModels(dataDir.path, [MODEL]);
    const headers = { "X-Request-Id": "request-1" };
    const response = await fetch(`${server.url}${CLASSIFY}?top_k=3`, {
      method: "POST",
      body: PICTURE,
      headers,
    });
    const { predictions, model, version } = await response.json();
    assertEquals([response.status, model, version], [200, MODEL, 1]);
    assertEquals(predictions.length, 3);
    assert(predictions[0].score >= predictions[1].score);
    assertEquals(typeof predictions[0].label, "string");
    const ready = await fetch(`${server.url}/v2/health/ready`);
    assertEquals(await ready.json(), { ready: true });
    await server.stop();
    const line = server.output().split("\n").find((text) => text.includes("request-1")) ?? "{}";
    const { method, path, status } = JSON.parse(line);
    assertEquals([method, path, status], ["POST", CLASSIFY, 200]);
  },
});

Deno.test({
  name: "main finishes what runs after SIGTERM and refuses new connections",
  ignore: !HAS_HUB,
  async fn() {
    await using dataDir = await makeDataDir();
    await pullModels(dataDir.path, [MODEL]);
    await using server = await startServer(dataDir.path, { WORKERS: "1" });
    const running = Array.from(
      { length: 8 },
      () => fetch(server.url + CLASSIFY, { method: "POST", body: PICTURE }),
    );
    await untilArrived(server.url, 8);
    const ended = server.stop();
    const statuses = await Promise.all(running.map(async (pending) => {
      const response = await pending;
      await response.body?.cancel();
      return response.status;
    }));
    assertEquals(statuses, Array(8).fill(200));
    assertEquals((await ended).code, 0);
    const refused = await fetch(server.url).then(() => false, () => true);
    assert(refused);
  },
});

Deno.test({
  name: "main cuts off at SHUTDOWN_TIMEOUT_MS what does not end, and still exits with 0",
  ignore: !HAS_HUB,
  async fn() {
    await using dataDir = await makeDataDir();
    await using server = await startServer(dataDir.path, {
      WORKERS: "1",
      SHUTDOWN_TIMEOUT_MS: "300",
      REQUEST_TIMEOUT_MS: "60000",
    });
    await pullModels(dataDir.path, [MODEL]);
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
    });
    const pending = fetch(server.url + CLASSIFY, { method: "POST", body: endless })
      .then((response) => response.body?.cancel(), () => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = performance.now();
    assertEquals((await server.stop()).code, 0);
    assert(performance.now() - started < 3_000);
    await pending;
  },
});

Deno.test({
  name: "main does not start on a damaged model, names the file, and changes nothing",
  ignore: !HAS_HUB,
  async fn() {
    await using dataDir = await makeDataDir();
    await pullModels(dataDir.path, [MODEL]);
    const { sha256 } = CATALOG.find(({ name }) => name === MODEL)?.files.model ?? { sha256: "" };
    const path = `${dataDir.path}/hub/${sha256}`;
    const bytes = await Deno.readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await Deno.chmod(path, 0o644);
    await Deno.writeFile(path, bytes);
    const { code, output } = await runServer(dataDir.path, { WORKERS: "1" });
    assertEquals(code, 1);
    assertStringIncludes(output, sha256);
    assertMatch(output, /deno task pull mobilenet-v2/);
    assertEquals(await Deno.readFile(path), bytes);
  },
});

Deno.test({
  name: "main drops a queued request when its client goes away, and counts it",
  ignore: !HAS_HUB,
  async fn() {
    await using dataDir = await makeDataDir();
    await pullModels(dataDir.path, [MODEL]);
    await using server = await startServer(dataDir.path, {
      WORKERS: "1",
      // 40 pictures and the loading of the model, on a machine that does other things too.
      REQUEST_TIMEOUT_MS: "60000",
    });
    const busy = Array.from(
      { length: 40 },
      () => fetch(server.url + CLASSIFY, { method: "POST", body: PICTURE }),
    );
    await untilArrived(server.url, 40);
    const leaver = new AbortController();
    const left = fetch(server.url + CLASSIFY, {
      method: "POST",
      body: PICTURE,
      signal: leaver.signal,
    });
    await untilArrived(server.url, 41);
    leaver.abort();
    assertEquals(await left.then(() => "answered", () => "left"), "left");
    for (const pending of busy) await (await pending).body?.cancel();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assertStringIncludes(
      metrics,
      'lastlayer_tasks_dropped_total{reason="client_closed_request"} 1',
    );
    assertStringIncludes(metrics, "lastlayer_tasks_total 40");
  },
});

Deno.test("main takes back the state of a client after a restart, and ends streams with 1001 on SIGTERM", async () => {
  await using dataDir = await makeDataDir();
  const rows = JSON.stringify([[0.1, -0.2, 9.8, 0, 0.5, -0.5]]);
  const classify = async (url: string, fields: string) => {
    const response = await fetch(`${url}/v1/models/motion-rnn:classify`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: `{"inputs": ${rows}, "return_state": true${fields}}`,
    });
    return { status: response.status, ...await response.json() };
  };
  await using first = await startServer(dataDir.path, { WORKERS: "1" });
  const { state } = await classify(first.url, "");
  await first.stop();
  await using second = await startServer(dataDir.path, { WORKERS: "1" });
  const next = await classify(second.url, `, "state": "${state}"`);
  assertEquals([next.status, next.steps_so_far], [200, 2]);
  const path = "/v1/models/motion-rnn/sequences/stream";
  const stream = new WebSocket(`${second.url.replace("http", "ws")}${path}`);
  await new Promise((resolve) => stream.onmessage = resolve);
  const metrics = await (await fetch(`${second.url}/metrics`)).text();
  assertStringIncludes(metrics, "lastlayer_sequences 1");
  const ended = new Promise<CloseEvent>((resolve) => stream.onclose = resolve);
  assertEquals((await second.stop()).code, 0);
  assertEquals((await ended).code, 1001);
});

testOnPostgres("main keeps its data in PostgreSQL where DATABASE_URL says so", async (place) => {
  const { databaseUrl, dataDir } = place;
  await using server = await startServer(dataDir, { DATABASE_URL: databaseUrl, WORKERS: "1" });
  assertEquals((await fetch(`${server.url}/v2/health/ready`)).status, 200);
  const files = [...Deno.readDirSync(dataDir)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.endsWith(".db")), []);
});

Deno.test("main says what is wrong with a DATABASE_URL that it cannot reach, without its password", async () => {
  await using dataDir = await makeDataDir();
  const DATABASE_URL = "postgresql://user:secret@127.0.0.1:1/none";
  const { code, output } = await runServer(dataDir.path, { DATABASE_URL, WORKERS: "1" });
  assertEquals(code, 1);
  assertStringIncludes(output, "Cannot open the database of DATABASE_URL");
  assertEquals(output.includes("secret"), false);
});
