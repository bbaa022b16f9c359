import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { runLoad } from "./load.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { readProcessUsage } from "./process_usage.ts";
import { startLastlayer } from "./service.ts";

const REQUESTS = 2000;
/** V8 goes on compiling what is hot for about 300 requests of each worker. */
const WARM_UP_REQUESTS = 600;
const SAMPLES = 10;
const CONNECTIONS = 4;
const GROWTH_MEBIBYTES_MAX = 10;
const MEBIBYTE = 1024 * 1024;

/**
 * Two thousand requests after a warm-up: the tensors of every worker must stay the same in number,
 * and the memory must not grow.
 */
export async function benchSoak(): Promise<BenchReport> {
  const [picture] = PICTURES;
  const bodyPath = await makePictureFile(picture);
  await using service = await startLastlayer({ WORKERS: "2" });
  const load = { url: service.classifyUrl, bodyPath, connections: CONNECTIONS };
  await runLoad({ ...load, requests: WARM_UP_REQUESTS });
  const samples = [await takeSample(service, 0)];
  for (let i = 1; i <= SAMPLES; i++) {
    const { statuses } = await runLoad({ ...load, requests: REQUESTS / SAMPLES });
    if (statuses[200] !== REQUESTS / SAMPLES) {
      throw new Error(`Every answer must be 200: found ${JSON.stringify(statuses)}`);
    }
    samples.push(await takeSample(service, (i * REQUESTS) / SAMPLES));
  }
  const tensorCounts = new Set(samples.map(({ tensors }) => tensors.join(", ")));
  const mebibytes = samples.map((sample) => sample.mebibytes);
  const growth = (mebibytes.at(-1) ?? 0) - (mebibytes[0] ?? 0);
  const rows = samples.map((sample) => ({
    "requests": sample.requests,
    "memory, MiB": sample.mebibytes,
    "tensors of each worker": sample.tensors.join(", "),
  }));
  return {
    tables: [{ title: `${REQUESTS} requests of a ${picture.name}, two workers`, rows }],
    targets: [
      {
        what: "tensors of each worker",
        wanted: "constant",
        measured: [...tensorCounts].join(" then "),
        holds: tensorCounts.size === 1,
      },
      compareWithTarget("growth of memory", growth, { atMost: GROWTH_MEBIBYTES_MAX, unit: "MiB" }),
    ],
  };
}

async function takeSample({ url, pid }: { url: string; pid: number }, requests: number) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lines = metrics.matchAll(/^lastlayer_worker_tensors\{worker="\d+"\} (\d+)$/gm);
  const tensors = [...lines].map(([, count]) => Number(count));
  if (tensors.length !== 2) throw new Error(`Cannot find the tensors in the metrics:\n${metrics}`);
  const { residentBytes } = await readProcessUsage(pid);
  return { requests, tensors, mebibytes: residentBytes / MEBIBYTE };
}
