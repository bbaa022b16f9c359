import { createShippedSource } from "../models/shipped/shipped_source.ts";
import { initWasmBackend } from "../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../models/wasm_simd.ts";
import type { BenchReport } from "./bench_report.ts";
import { type Contestant, startContestant } from "./contestant.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { installPeers, PEERS_FOLDER } from "./peers.ts";
import { readProcessUsage } from "./process_usage.ts";
import { median } from "./quantiles.ts";
import { preparePictureContests } from "./shipped_pictures.ts";
import { writeShippedOnnx } from "./write_shipped_onnx.ts";

const ROUNDS = 5;
const PREDICTIONS_PER_ROUND = 10;
/** V8 compiles WebAssembly a second time, well, after some tens of calls. */
const WARM_UP_PREDICTIONS = 200;
/** Logits span about 20, and 100 steps of rounding differ far less than this. */
const LOGIT_DIFFERENCE_MAX = 0.01;

interface Case {
  name: string;
  what: string;
  input: number[] | number[][];
  /** Length of the state that the ONNX file takes; 0: none. */
  units: number;
  mode: "read" | "write";
}

/** The recurrent ones, each with an input of the usual length. */
const CASES: readonly Case[] = [
  {
    name: "motion-rnn",
    what: "100 steps",
    input: Array.from(
      { length: 100 },
      (_, t) => Array.from({ length: 6 }, (_, c) => (7 * t + 13 * c) % 41 / 8 - 2),
    ),
    units: 64,
    mode: "read",
  },
  {
    name: "names-lstm",
    what: "10 characters",
    input: [0, 5, 9, 4, 12, 7, 8, 6, 3, 1],
    units: 0,
    mode: "read",
  },
  {
    name: "shakespeare-gru",
    what: "64 characters written",
    input: Array.from({ length: 64 }, () => 20),
    units: 384,
    mode: "write",
  },
];

/**
 * The models that ship beside onnxruntime-web on the same weights: batch 1, one thread, each
 * in a process of its own, taking turns.
 *
 * @throws {Error} if a contestant does not give the outputs of the other
 */
export async function benchShipped(): Promise<BenchReport> {
  await installPeers();
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  await initWasmBackend(await loadTfjsWasmModule());
  const source = await createShippedSource(new URL("../weights/", import.meta.url).pathname);
  const rows = [];
  for (const each of CASES) {
    const known = await source.find(each.name);
    if (!known) continue;
    const onnx = `${RESULTS_FOLDER}${each.name}.onnx`;
    await writeShippedOnnx((await source.read(known)).backbone.files, onnx);
    rows.push(...await compare(toContest(each, onnx)));
  }
  for (const contest of await preparePictureContests(source)) rows.push(...await compare(contest));
  const title = "Models that ship, batch 1, one thread, one process each";
  return { tables: [{ title, rows }], targets: [] };
}

/** A model and the commands that run it. */
export interface Contest {
  title: string;
  ours: string[];
  peer: string[];
}

function toContest({ name, what, input, units, mode }: Case, onnx: string): Contest {
  const json = JSON.stringify(input);
  const ours = new URL("contestants/shipped_contestant.ts", import.meta.url).pathname;
  const peer = `${PEERS_FOLDER}onnxruntime_recurrent.mjs`;
  return {
    title: `${name}, ${what}`,
    ours: [Deno.execPath(), "run", "--allow-read", "--allow-env", ours, name, json],
    peer: ["node", peer, onnx, json, String(units), mode, "web"],
  };
}

async function compare({ title, ours, peer }: Contest) {
  await using lastlayer = startContestant("lastlayer", ours);
  await using onnxruntime = startContestant("onnxruntime-web", peer);
  const contestants = [lastlayer, onnxruntime];
  const wanted = (await lastlayer.predict(WARM_UP_PREDICTIONS)).logits;
  requireSame(onnxruntime, (await onnxruntime.predict(WARM_UP_PREDICTIONS)).logits, wanted);
  const times = new Map<Contestant, number[]>(contestants.map((each) => [each, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of contestants) {
      times.get(each)?.push(...(await each.predict(PREDICTIONS_PER_ROUND)).milliseconds);
    }
  }
  const ourMs = median(times.get(lastlayer) ?? []);
  return await Promise.all(contestants.map(async (each) => {
    const milliseconds = median(times.get(each) ?? []);
    return {
      "": `${title}: ${each.name}`,
      "ms": milliseconds,
      "time / ours": milliseconds / ourMs,
      "RSS MiB": (await readProcessUsage(each.pid)).residentBytes / 2 ** 20,
    };
  }));
}

function requireSame({ name }: Contestant, found: number[], wanted: number[]): void {
  const difference = Math.max(...wanted.map((value, i) => Math.abs(value - (found[i] ?? NaN))));
  if (difference <= LOGIT_DIFFERENCE_MAX) return;
  throw new Error(
    `Cannot compare with ${name} as its outputs must differ by at most ${LOGIT_DIFFERENCE_MAX}: ` +
      `they differ by ${difference}`,
  );
}
