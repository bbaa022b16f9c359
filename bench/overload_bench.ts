import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { runLoad } from "./load.ts";
import { makePictureFile, PICTURES } from "./pictures.ts";
import { quantile } from "./quantiles.ts";
import { startLastlayer } from "./service.ts";

const CONNECTIONS = 64;
const QUEUE_MAX = 4;
const WORKERS = 2;
const DURATION_MS = 8000;
const HEALTH_PERIOD_MS = 50;
const HEALTH_MS_MAX = 100;
/** Slack over the time that a full queue and those that run take at the rate of the answers. */
const LATENCY_FACTOR_MAX = 2;

/**
 * Far more clients than the queue has room for, none of which waits before it tries again. Only
 * answers 200 and 429 may come, soon, and health must answer all the while.
 */
export async function benchOverload(): Promise<BenchReport> {
  const [picture] = PICTURES;
  const bodyPath = await makePictureFile(picture);
  await using service = await startLastlayer({
    WORKERS: String(WORKERS),
    QUEUE_MAX: String(QUEUE_MAX),
  });
  const request = { url: service.classifyUrl, bodyPath };
  // As many as find room at once, so that nobody is refused.
  const accepted = WORKERS + QUEUE_MAX;
  await runLoad({ ...request, connections: accepted, requests: 100 });
  const calm = await runLoad({ ...request, connections: accepted, durationMs: DURATION_MS / 2 });
  const load = runLoad({ ...request, connections: CONNECTIONS, durationMs: DURATION_MS });
  const healthMs = await watchHealth(service.url, load);
  const overload = await load;
  const { statuses, latenciesMs } = overload;
  const answersPerMs = latenciesMs.length / overload.elapsedMs;
  const latencyMsMax = (LATENCY_FACTOR_MAX * accepted) / answersPerMs;
  const describe = (name: string, { latenciesMs, ...result }: typeof calm) => ({
    "": name,
    "200": result.statuses[200] ?? 0,
    "429": result.statuses[429] ?? 0,
    "200/s": latenciesMs.length / (result.elapsedMs / 1000),
    "p50 ms of 200": quantile(latenciesMs, 0.5),
    "p99 ms of 200": quantile(latenciesMs, 0.99),
    "connections lost": result.connectionsLost,
    "load generator's CPU": result.cpuMs / result.elapsedMs,
  });
  return {
    tables: [{
      title: `Overload: a ${picture.name}, ${WORKERS} workers, queue of ${QUEUE_MAX}`,
      rows: [
        describe(`${accepted} connections`, calm),
        describe(`${CONNECTIONS} connections`, overload),
      ],
    }, {
      title: `Health during the overload, asked every ${HEALTH_PERIOD_MS} ms`,
      rows: [{
        n: healthMs.length,
        "p50 ms": quantile(healthMs, 0.5),
        "p99 ms": quantile(healthMs, 0.99),
        "most ms": Math.max(...healthMs),
      }],
    }],
    targets: [
      {
        what: "statuses",
        wanted: "200 and 429 only, no connection lost",
        measured: `${Object.keys(statuses).join(", ")}; ${overload.connectionsLost} lost`,
        holds: Object.keys(statuses).every((status) => status === "200" || status === "429") &&
          overload.connectionsLost === 0,
      },
      compareWithTarget("answers 429 without Retry-After", overload.refusalsWithoutRetryAfter, {
        atMost: 0,
        unit: "",
      }),
      compareWithTarget("p99 of the 200s, which the queue bounds", quantile(latenciesMs, 0.99), {
        atMost: Math.round(latencyMsMax),
        unit: "ms",
      }),
      compareWithTarget("health, slowest answer", Math.max(...healthMs), {
        atMost: HEALTH_MS_MAX,
        unit: "ms",
      }),
    ],
  };
}

/** Times `/v2/health/ready` until the load is over. */
async function watchHealth(url: string, load: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  load.finally(() => isOver = true).catch(() => {});
  const milliseconds = [];
  while (!isOver) {
    const started = performance.now();
    const response = await fetch(`${url}/v2/health/ready`);
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Health must answer 200: found ${response.status}`);
    milliseconds.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, HEALTH_PERIOD_MS));
  }
  return milliseconds;
}
