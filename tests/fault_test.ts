/** Kills the service with SIGKILL at random moments of upload and training, and looks what is left. */
import { assert, assertEquals } from "@std/assert";
import { createRandom, type RandomSource } from "../lib/random.ts";
import { makeDataDir, type ServerProcess, startServer } from "./server_process.ts";

const ROUNDS = 20;
const BATCHES = 4;
const BATCH_SAMPLES = 6;
const STEPS = 20;
const CHANNELS = 6;
const BASE = "motion-rnn";
const DATASET = "moves";
const MODEL = "mine";
const JOB_MS_MAX = 120_000;
const SETTINGS = { WORKERS: "1", LOG_LEVEL: "warning" };

/** What the service has said it has. */
interface Acknowledged {
  samples: Set<string>;
  jobs: Set<string>;
}

interface FinishedJob {
  id: string;
  version: number;
  attempts: number;
}

async function request(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  const body = await response.json();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

function post(url: string, body: unknown): Promise<{ id: string }> {
  return request(url, { method: "POST", body: JSON.stringify(body) });
}

/** One line of NDJSON: a series that is calm or not. */
function drawSample(name: string, random: RandomSource): string {
  const isCalm = random() < 0.5;
  const series = Array.from(
    { length: STEPS },
    () => Array.from({ length: CHANNELS }, () => (random() - 0.5) * (isCalm ? 0.1 : 10)),
  );
  return JSON.stringify({ name, class: isCalm ? "calm" : "wild", series });
}

/** Uploads samples in several requests, then orders a job: what the killing falls into. */
async function work(
  { url }: ServerProcess,
  known: Acknowledged,
  { round, random }: { round: number; random: RandomSource },
): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch++) {
    const names = Array.from({ length: BATCH_SAMPLES }, (_, at) => `${round}-${batch}-${at}`);
    const report = await request(`${url}/v1/datasets/${DATASET}/samples`, {
      method: "POST",
      body: names.map((name) => drawSample(name, random)).join("\n"),
      headers: { "Content-Type": "application/x-ndjson" },
    });
    assertEquals(report.accepted, BATCH_SAMPLES);
    for (const name of names) known.samples.add(name);
  }
  const order = { model: BASE, training_file: DATASET, name: MODEL, seed: round };
  known.jobs.add((await post(`${url}/v1/fine_tuning/jobs`, order)).id);
}

async function listSampleNames({ url }: ServerProcess): Promise<string[]> {
  const names: string[] = [];
  let after = "";
  while (true) {
    const page = await request(`${url}/v1/datasets/${DATASET}/samples?limit=100${after}`);
    names.push(...page.samples.map(({ name }: { name: string }) => name));
    if (!page.has_more) return names;
    after = `&after=${page.samples.at(-1).id}`;
  }
}

async function waitForJobs({ url }: ServerProcess): Promise<FinishedJob[]> {
  for (const ends = performance.now() + JOB_MS_MAX; performance.now() < ends;) {
    const { data } = await request(`${url}/v1/fine_tuning/jobs?limit=100`);
    const statuses = new Set(data.map(({ status }: { status: string }) => status));
    assert(!statuses.has("failed"), JSON.stringify(data));
    if ([...statuses].every((status) => status === "succeeded")) return data;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The jobs do not end");
}

/** All that was acknowledged is there, and nothing half of it is. */
async function inspect(server: ServerProcess, known: Acknowledged): Promise<void> {
  const { url } = server;
  const names = await listSampleNames(server);
  assertEquals(new Set(names).size, names.length);
  assertEquals([...known.samples].filter((name) => !names.includes(name)), []);
  const dataset = await request(`${url}/v1/datasets/${DATASET}`);
  assertEquals(dataset.samples, names.length);
  const jobs = await waitForJobs(server);
  assertEquals([...known.jobs].filter((id) => !jobs.some((job) => job.id === id)), []);
  if (jobs.length === 0) return;
  const { versions } = await request(`${url}/v1/models/${MODEL}/versions`);
  const numbers = versions.map(({ version }: { version: number }) => version).sort();
  assertEquals(numbers, jobs.map(({ version }) => version).sort());
  const classified = await request(`${url}/v1/models/${MODEL}:classify`, {
    method: "POST",
    body: JSON.stringify({ inputs: Array(STEPS).fill(Array(CHANNELS).fill(0.01)) }),
    headers: { "Content-Type": "application/json" },
  });
  assertEquals(classified.predictions.length, 2);
}

Deno.test(`a service that is killed ${ROUNDS} times keeps what it has acknowledged`, async () => {
  await using dataDir = await makeDataDir();
  const random = createRandom(20);
  const known: Acknowledged = { samples: new Set(), jobs: new Set() };
  let server = await startServer(dataDir.path, SETTINGS);
  await post(`${server.url}/v1/datasets`, { name: DATASET, kind: "series" });
  const started = performance.now();
  await work(server, known, { round: 0, random });
  await inspect(server, known);
  const wholeMs = performance.now() - started;
  let brokenUploads = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const killed = work(server, known, { round, random }).catch((error) => {
      // Anything else than a connection that broke is a fault.
      if (!(error instanceof TypeError)) throw error;
      brokenUploads++;
    });
    await new Promise((resolve) => setTimeout(resolve, random() * wholeMs));
    await server.stop("SIGKILL");
    await killed;
    server = await startServer(dataDir.path, SETTINGS);
    await inspect(server, known);
  }
  const jobs = await waitForJobs(server);
  const retaken = jobs.filter(({ attempts }) => attempts > 1).length;
  assert(
    brokenUploads > 0 && retaken > 0,
    `${brokenUploads} uploads and ${retaken} jobs broke off`,
  );
  assertEquals((await server.stop()).code, 0);
});
