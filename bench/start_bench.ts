import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { runLoad } from "./load.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { readProcessUsage } from "./process_usage.ts";
import { median } from "./quantiles.ts";
import { startLastlayer } from "./service.ts";

const STARTS = 7;
const READY_SECONDS_MAX = 1.5;
const RESIDENT_MEBIBYTES_MAX = 350;
const REQUESTS = { "640x480 JPEG": 200, "12 MP JPEG": 30 } as const;
const MEBIBYTE = 1024 * 1024;

/**
 * Time from spawning the process to the first `/v2/health/ready` that says yes, with two workers,
 * and the memory that it holds afterwards.
 */
export async function benchStart(): Promise<BenchReport> {
  const stages: Record<string, number[]> = {};
  const add = (stage: string, value: number) => (stages[stage] ??= []).push(value);
  for (let start = 0; start < STARTS; start++) {
    await using service = await startLastlayer({ WORKERS: "2" });
    await waitUntilReady(service.url);
    add("ready after, s", (performance.now() - service.spawnedAt) / 1000);
    add("memory when ready, MiB", await readResidentMebibytes(service.pid));
    if (start % 2 === 1) continue;
    for (const picture of PICTURES) {
      const bodyPath = await makePictureFile(picture);
      const requests = REQUESTS[picture.name];
      await runLoad({ url: service.classifyUrl, bodyPath, connections: 2, requests });
      const stage = `memory after ${requests} requests of a ${picture.name}, MiB`;
      add(stage, await readResidentMebibytes(service.pid));
    }
  }
  const rows = Object.entries(stages).map(([stage, values]) => ({
    "": stage,
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    n: values.length,
  }));
  const { median: readySeconds = 0 } = rows[0] ?? {};
  const { median: warmMebibytes = 0 } = rows[2] ?? {};
  return {
    tables: [{ title: "Start and memory, two workers", rows }],
    targets: [
      compareWithTarget("cold start to ready", readySeconds, {
        atMost: READY_SECONDS_MAX,
        unit: "s",
      }),
      compareWithTarget("memory after warm-up", warmMebibytes, {
        atMost: RESIDENT_MEBIBYTES_MAX,
        unit: "MiB",
      }),
    ],
  };
}

async function waitUntilReady(url: string): Promise<void> {
  while (true) {
    const response = await fetch(`${url}/v2/health/ready`);
    await response.body?.cancel();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function readResidentMebibytes(pid: number): Promise<number> {
  return (await readProcessUsage(pid)).residentBytes / MEBIBYTE;
}
