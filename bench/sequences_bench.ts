import { makeDataDir, startServer } from "../tests/server_process.ts";
import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { readProcessUsage } from "./process_usage.ts";
import { median } from "./quantiles.ts";
import { beginSequence, runSequenceSoak } from "./sequence_soak.ts";

const SEQUENCES = 1000;
const DURATION_MS = 60_000;
const CONCURRENCY = 32;
/** Longer than a sequence waits for its next step, also on a busy machine. */
const TIME_TO_LIVE_MS = DURATION_MS;
/** Made before all others and never stepped: gone at the end. */
const IDLE_SEQUENCES = 100;
const SAMPLE_MS = 2_000;
/** Until V8 has compiled what is hot. */
const WARM_UP_SHARE = 0.25;
const GROWTH_MEBIBYTES_MAX = 10;
const MEBIBYTE = 1024 * 1024;

/**
 * A thousand sequences, stepped in random order on two workers for a minute: every answer must be that
 * of the same sequence run alone, the memory must not grow, and those that nobody steps must be gone.
 */
export async function benchSequences(): Promise<BenchReport> {
  await using data = await makeDataDir({ dir: RESULTS_FOLDER });
  await using service = await startServer(data.path, {
    WORKERS: "2",
    LOG_LEVEL: "warning",
    SEQUENCE_TTL_MS: String(TIME_TO_LIVE_MS),
  });
  const { url, pid } = service;
  const idle = [];
  for (let i = 0; i < IDLE_SEQUENCES; i++) idle.push(await beginSequence(url));
  const samples: { mebibytes: number; tensors: string; live: number }[] = [];
  const result = await runSequenceSoak({
    url,
    sequences: SEQUENCES,
    durationMs: DURATION_MS,
    concurrency: CONCURRENCY,
    sampleMs: SAMPLE_MS,
    onSample: async () => {
      const { residentBytes } = await readProcessUsage(pid);
      samples.push({ mebibytes: residentBytes / MEBIBYTE, ...await readMetrics(url) });
    },
  });
  const codes = await Promise.all(
    idle.map(async (path) => (await (await fetch(url + path)).json()).code),
  );
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE));
  const half = Math.floor(warm.length / 2);
  const memory = (part: typeof warm) => median(part.map(({ mebibytes }) => mebibytes));
  const growth = memory(warm.slice(half)) - memory(warm.slice(0, half));
  const tensors = [...new Set(warm.map((sample) => sample.tensors))];
  return {
    tables: [{
      title: `${SEQUENCES} sequences of motion-rnn, ${DURATION_MS / 1000} seconds, two workers`,
      rows: [{
        "pieces": result.pieces,
        "steps": result.steps,
        "refused": result.refused,
        "calls/s": Math.round(result.callsPerSecond),
        "memory, MiB": memory(warm),
        "live at the end": samples.at(-1)?.live ?? 0,
      }],
    }],
    targets: [
      compareWithTarget("difference from the sequence run alone", result.differenceMax, {
        atMost: 1e-5,
        unit: "",
      }),
      compareWithTarget("growth of memory, median of the second half", growth, {
        atMost: GROWTH_MEBIBYTES_MAX,
        unit: "MiB",
      }),
      {
        what: "tensors of each worker",
        wanted: "constant",
        measured: tensors.join(" then "),
        holds: tensors.length === 1,
      },
      {
        what: `sequences that nobody stepped, of ${IDLE_SEQUENCES}`,
        wanted: "sequence_expired",
        measured: [...new Set(codes)].join(", "),
        holds: codes.every((code) => code === "sequence_expired"),
      },
    ],
  };
}

async function readMetrics(url: string): Promise<{ tensors: string; live: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const tensors = text.matchAll(/^lastlayer_worker_tensors\{worker="\d+"\} (\d+)$/gm);
  const [, live] = /^lastlayer_sequences (\d+)$/m.exec(text) ?? [];
  return { tensors: [...tensors].map(([, count]) => count).join(", "), live: Number(live) };
}
