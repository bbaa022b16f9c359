import type { RecurrentCellName } from "../models/kernels/recurrent_cells.ts";
import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { type Contestant, startContestant } from "./contestant.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { installPeers, PEERS_FOLDER } from "./peers.ts";
import { median } from "./quantiles.ts";
import { makeCaseInput, type RecurrentCase } from "./recurrent_case.ts";
import { writeRecurrentOnnx } from "./write_recurrent_onnx.ts";

const CELLS = ["SimpleRNN", "LSTM", "GRU"] as const satisfies RecurrentCellName[];
const BATCHES = [1, 8];
const SIZES = { steps: 128, inputs: 128, units: 128 };
const ROUNDS = 6;
const RUNS_PER_ROUND = 25;
/** The stock layer takes so long that fewer runs must do. */
const STOCK_RUNS_PER_ROUND = 1;
const WARM_UP_RUNS = 60;
/** Outputs lie in [-1, 1]; sums in another order differ far less than this over 128 steps. */
const OUTPUT_DIFFERENCE_MAX = 1e-4;

const OURS = "lastlayer";
const STOCK = "stock layer";
const WEB = "onnxruntime-web";
const NATIVE = "onnxruntime-node (native)";

/**
 * One recurrent layer alone, one thread, the same weights and the same input. The contestants take
 * turns, so that whatever else the machine does hits all of them alike.
 *
 * @throws {Error} if a contestant does not give the outputs of the others
 */
export async function benchRnn(): Promise<BenchReport> {
  await installPeers();
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  const report: BenchReport = { tables: [], targets: [] };
  for (const batch of BATCHES) {
    const rows: Record<string, string | number>[] = [];
    for (const cell of CELLS) {
      const milliseconds = await measure({ cell, batch, ...SIZES });
      const read = (name: string) => milliseconds.get(name) ?? { clock: NaN, processor: NaN };
      const ours = read(OURS);
      rows.push(...[...milliseconds].map(([name, ms]) => ({
        "": `${cell}, ${name}`,
        "ms": ms.clock.toFixed(3),
        "ms of the processor": ms.processor.toFixed(3),
        "beside ours": ms.processor / ours.processor,
      })));
      if (batch > 1) continue;
      const ratio = (name: string) => read(name).processor / ours.processor;
      report.targets.push(
        compareWithTarget(`${cell}: ${STOCK} / ours`, ratio(STOCK), { atLeast: 20, unit: "times" }),
        compareWithTarget(`${cell}: ${WEB} / ours`, ratio(WEB), { atLeast: 1, unit: "times" }),
      );
    }
    const title = `Recurrent layer alone: ${SIZES.steps} steps of ${SIZES.inputs}, ` +
      `${SIZES.units} units, batch ${batch}, one thread; medians`;
    report.tables.push({ title, rows });
  }
  return report;
}

/** Medians for one run. */
interface Milliseconds {
  clock: number;
  /** Of the processor: what is compared, as the clock also counts what others did meanwhile. */
  processor: number;
}

/** The times of each contestant. */
async function measure(layer: RecurrentCase): Promise<Map<string, Milliseconds>> {
  await using contestants = await startContestants(layer);
  const times = new Map<string, { clock: number[]; processor: number[] }>();
  let wanted: number[] | undefined;
  for (const each of contestants.list) {
    const { logits } = await each.predict(each.name === STOCK ? 2 : WARM_UP_RUNS);
    const isTimeMajor = each.name === WEB || each.name === NATIVE;
    const outputs = isTimeMajor ? swapBatchAndSteps(logits, layer) : logits;
    wanted ??= outputs;
    requireEqual(each, outputs, wanted);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of contestants.list) {
      const runs = each.name === STOCK ? STOCK_RUNS_PER_ROUND : RUNS_PER_ROUND;
      const { milliseconds, cpuMilliseconds } = await each.predict(runs, false);
      const known = times.get(each.name) ?? { clock: [], processor: [] };
      known.clock.push(...milliseconds);
      known.processor.push(cpuMilliseconds / runs);
      times.set(each.name, known);
    }
  }
  return new Map([...times].map(([name, { clock, processor }]) => {
    return [name, { clock: median(clock), processor: median(processor) }];
  }));
}

async function startContestants(
  layer: RecurrentCase,
): Promise<AsyncDisposable & { list: Contestant[] }> {
  const { batch, steps, inputs } = layer;
  const onnx = `${RESULTS_FOLDER}recurrent.onnx`;
  const input = `${RESULTS_FOLDER}recurrent_input.f32`;
  await writeRecurrentOnnx(layer, onnx);
  // ONNX Runtime gets its input in the order that it wants, so that nobody transposes.
  const values = swapBatchAndSteps(makeCaseInput(layer), { batch: steps, steps: batch });
  await Deno.writeFile(input, new Uint8Array(Float32Array.from(values).buffer));
  const deno = (style: string) => {
    const path = new URL("contestants/recurrent_contestant.ts", import.meta.url).pathname;
    const flags = ["--allow-read", "--allow-env", "--allow-sys"];
    return [Deno.execPath(), "run", ...flags, path, JSON.stringify(layer), style];
  };
  const node = (runtime: string) => {
    const path = `${PEERS_FOLDER}onnxruntime_recurrent_contestant.mjs`;
    return ["node", path, onnx, input, runtime, JSON.stringify([steps, batch, inputs])];
  };
  const list = [
    startContestant(OURS, deno("fused")),
    startContestant(STOCK, deno("stock")),
    startContestant(WEB, node("web")),
    startContestant(NATIVE, node("node")),
  ];
  return {
    list,
    async [Symbol.asyncDispose]() {
      await Promise.all(list.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** `[steps, batch, length]` -> `[batch, steps, length]` */
function swapBatchAndSteps(
  values: ArrayLike<number>,
  { batch, steps }: { batch: number; steps: number },
): number[] {
  const length = values.length / batch / steps;
  return Array.from(values, (_, index) => {
    const [row, column] = [Math.floor(index / length), index % length];
    const [sample, step] = [Math.floor(row / steps), row % steps];
    return values[(step * batch + sample) * length + column] ?? NaN;
  });
}

function requireEqual({ name }: Contestant, outputs: number[], wanted: number[]): void {
  const difference = wanted.reduce((most, value, i) => {
    return Math.max(most, Math.abs(value - (outputs[i] ?? NaN)));
  }, 0);
  if (difference <= OUTPUT_DIFFERENCE_MAX && outputs.length === wanted.length) return;
  throw new Error(
    `Cannot compare with ${name} as its outputs must differ by at most ` +
      `${OUTPUT_DIFFERENCE_MAX}: they differ by ${difference}`,
  );
}
