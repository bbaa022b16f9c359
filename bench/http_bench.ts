import { readTfliteGraph } from "../models/formats/tflite_graph.ts";
import {
  type BenchReport,
  compareWithTarget,
  type ResultTable,
  type Target,
} from "./bench_report.ts";
import { runLoad } from "./load.ts";
import { findModelFiles, RESULTS_FOLDER } from "./model_files.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { readMachineCpuMs, readProcessUsage } from "./process_usage.ts";
import { median, quantile } from "./quantiles.ts";
import { type Service, startLastlayer, startPeer } from "./service.ts";
import { writeOnnx } from "./write_onnx.ts";

const ROUNDS = 4;
const SAMPLE_MS = 4000;
const WARM_UP_REQUESTS = 16;
const CONNECTIONS = 8;
const SCALING_MIN = 1.7;
const ADVANTAGE_MIN = 1.2;
/** Of larger ones sharp decodes only a part of the detail, which no decoder in WASM does yet. */
const ADVANTAGE_PICTURE = "640x480 JPEG";
/** Decoders and filters differ a little, and so do the scores. */
const SCORE_DIFFERENCE_MAX = 0.15;

const OURS = { one: "lastlayer, 1 worker", two: "lastlayer, 2 workers" };
const PEER_WEB = "sharp + onnxruntime-web";
const PEER_NODE = "sharp + onnxruntime-node";

interface Contestant {
  name: string;
  service: Service;
}

interface Sample {
  latenciesMs: number[];
  requestsPerSecond: number;
  /** Processor time of the server for one request. */
  cpuMsPerRequest: number;
  /** Processor time of the load generator, in cores. */
  generatorCores: number;
  /** What everything else on the machine took meanwhile, in cores. */
  otherCores: number;
}

/** By picture, then by contestant. */
type Samples = Map<string, Map<string, Sample[]>>;

/**
 * Requests per second of our service and of what a Node user would write, with one and with two
 * processes or workers, over loopback. They take turns, so that whatever else the machine does hits
 * all of them alike.
 *
 * @throws {Error} if a server does not answer as the others do
 */
export async function benchHttp(): Promise<BenchReport> {
  const samples: Samples = new Map(PICTURES.map(({ name }) => [name, new Map()]));
  for (let round = 0; round < ROUNDS; round++) await runRound(samples);
  const tables: ResultTable[] = [];
  const targets: Target[] = [];
  for (const [picture, byContestant] of samples) {
    const rate = (name: string) => computeRate(byContestant.get(name) ?? []);
    const title = `HTTP, ${CONNECTIONS} connections, ${picture}`;
    const rows = [...byContestant].map(([name, each]) =>
      describeSamples(name, each, rate(OURS.two))
    );
    tables.push({ title, rows });
    const scaling = rate(OURS.two) / rate(OURS.one);
    targets.push(compareWithTarget(`2 workers / 1 worker, ${picture}`, scaling, {
      atLeast: SCALING_MIN,
      unit: "times",
    }));
    if (picture !== ADVANTAGE_PICTURE) continue;
    const advantage = rate(OURS.two) / rate(`${PEER_WEB}, 2 processes`);
    targets.push(compareWithTarget(`ours / ${PEER_WEB}, ${picture}`, advantage, {
      atLeast: ADVANTAGE_MIN,
      unit: "times",
    }));
  }
  return { tables, targets };
}

/**
 * One sample of every server with every picture. Each round starts the servers anew, as a process
 * can be slow for all its life by where the machine put its memory.
 */
async function runRound(samples: Samples): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const contestants = await startAll(resources);
  for (const picture of PICTURES) {
    const bodyPath = await makePictureFile(picture);
    await requireSameAnswers(contestants, bodyPath);
    for (const { service } of contestants) {
      const url = service.classifyUrl;
      await runLoad({ url, bodyPath, connections: CONNECTIONS, requests: WARM_UP_REQUESTS });
    }
    const byContestant = samples.get(picture.name);
    for (const { name, service } of contestants) {
      const sample = await takeSample(service, bodyPath);
      byContestant?.set(name, [...byContestant.get(name) ?? [], sample]);
    }
  }
}

async function startAll(resources: AsyncDisposableStack): Promise<Contestant[]> {
  const { model, labels } = await findModelFiles();
  const onnxPath = `${RESULTS_FOLDER}mobilenet_v2.onnx`;
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  await writeOnnx(readTfliteGraph(await Deno.readFile(model)).graph, onnxPath);
  const contestants: Contestant[] = [];
  const add = async (name: string, start: Promise<Service>) => {
    contestants.push({ name, service: resources.use(await start) });
  };
  await add(OURS.one, startLastlayer({ WORKERS: "1" }));
  await add(OURS.two, startLastlayer({ WORKERS: "2" }));
  for (const [peer, runtime] of [[PEER_WEB, "web"], [PEER_NODE, "node"]] as const) {
    for (const [processes, noun] of [[1, "process"], [2, "processes"]] as const) {
      const name = `${peer}, ${processes} ${noun}`;
      await add(name, startPeer({ runtime, processes, onnxPath, labelsPath: labels }));
    }
  }
  return contestants;
}

/** A comparison of servers that answer differently would be worth nothing. */
async function requireSameAnswers(contestants: Contestant[], bodyPath: string): Promise<void> {
  const body = await Deno.readFile(bodyPath);
  const answers = await Promise.all(contestants.map(async ({ name, service }) => {
    const response = await fetch(service.classifyUrl, { method: "POST", body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${name} must answer 200: ${response.status} ${text}`);
    const { predictions } = JSON.parse(text);
    return { name, count: predictions.length, ...predictions[0] };
  }));
  const [wanted] = answers;
  for (const { name, label, score, count } of answers) {
    const isSame = label === wanted?.label && count === wanted?.count &&
      Math.abs(score - wanted?.score) <= SCORE_DIFFERENCE_MAX;
    if (!isSame) {
      throw new Error(`${name} must answer as ${wanted?.name} does: ${JSON.stringify(answers)}`);
    }
  }
}

async function takeSample({ classifyUrl, pid }: Service, bodyPath: string): Promise<Sample> {
  const [before, machineBefore] = [await readProcessUsage(pid), await readMachineCpuMs()];
  const { latenciesMs, statuses, elapsedMs, cpuMs } = await runLoad({
    url: classifyUrl,
    bodyPath,
    connections: CONNECTIONS,
    durationMs: SAMPLE_MS,
  });
  const [after, machineAfter] = [await readProcessUsage(pid), await readMachineCpuMs()];
  const serverMs = after.cpuMs - before.cpuMs;
  if (Object.keys(statuses).join() !== "200") {
    throw new Error(`Every answer must be 200: found ${JSON.stringify(statuses)}`);
  }
  return {
    latenciesMs,
    requestsPerSecond: latenciesMs.length / (elapsedMs / 1000),
    cpuMsPerRequest: serverMs / latenciesMs.length,
    generatorCores: cpuMs / elapsedMs,
    otherCores: (machineAfter - machineBefore - serverMs - cpuMs) / elapsedMs,
  };
}

/**
 * Requests per second: the median of the calmer half of the samples, chosen by what other processes
 * took, as two workers can only show what they do on two free cores.
 */
function computeRate(samples: Sample[]): number {
  const calmest = samples.toSorted((a, b) => a.otherCores - b.otherCores)
    .slice(0, Math.ceil(samples.length / 2));
  return median(calmest.map(({ requestsPerSecond }) => requestsPerSecond));
}

function describeSamples(name: string, samples: Sample[], rateOfOurs: number) {
  const latenciesMs = samples.flatMap((sample) => sample.latenciesMs);
  const rates = samples.map(({ requestsPerSecond }) => requestsPerSecond);
  return {
    "": name,
    "requests/s": computeRate(samples),
    "least": Math.min(...rates),
    "most": Math.max(...rates),
    "ours (2) / this": rateOfOurs / computeRate(samples),
    "p50 ms": quantile(latenciesMs, 0.5),
    "p95 ms": quantile(latenciesMs, 0.95),
    "p99 ms": quantile(latenciesMs, 0.99),
    "CPU ms/request": median(samples.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    "generator, cores": median(samples.map(({ generatorCores }) => generatorCores)),
    "others, cores": median(samples.map(({ otherCores }) => otherCores)),
  };
}
