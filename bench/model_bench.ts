import { readTfliteGraph } from "../models/formats/tflite_graph.ts";
import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { type Contestant, startContestant } from "./contestant.ts";
import { findModelFiles, RESULTS_FOLDER } from "./model_files.ts";
import { installPeers, PEERS_FOLDER } from "./peers.ts";
import { median } from "./quantiles.ts";
import { makePicturePixels } from "./pictures.ts";
import { writeOnnx } from "./write_onnx.ts";

const GENERATIONS = 5;
const ROUNDS = 4;
const PREDICTIONS_PER_ROUND = 15;
const WARM_UP_PREDICTIONS = 20;
/** The logits span about 20; sums in another order differ far less than this. */
const LOGIT_DIFFERENCE_MAX = 0.01;

const OURS = "lastlayer";
const STOCK = "stock tfjs, separate ops";

/**
 * The model alone: batch 1, one thread, the same weights and the same input. The contestants take
 * turns, so that whatever else the machine does hits all of them alike.
 *
 * @throws {Error} if a contestant does not give the outputs of the others
 */
export async function benchModel(): Promise<BenchReport> {
  await installPeers();
  const results = new Map<string, ContestantResult>();
  for (let generation = 0; generation < GENERATIONS; generation++) await runGeneration(results);
  const milliseconds = (name: string) => median(results.get(name)?.medians ?? []);
  const rows = [...results].map(([name, { medians, difference }]) => ({
    "": name,
    "ms": milliseconds(name),
    "least": Math.min(...medians),
    "most": Math.max(...medians),
    "time / ours": milliseconds(name) / milliseconds(OURS),
    "largest logit difference": difference.toExponential(1),
  }));
  return {
    tables: [{
      title: "Model alone: MobileNetV2 1.0/224, batch 1, one thread; " +
        `medians of ${GENERATIONS} processes each`,
      rows,
    }],
    targets: [
      compareWithTarget(`${STOCK} / ours`, milliseconds(STOCK) / milliseconds(OURS), {
        atLeast: 1,
        unit: "times",
      }),
    ],
  };
}

interface ContestantResult {
  /** Of the milliseconds of one prediction, for each process. */
  medians: number[];
  /** Largest difference of a logit from ours. */
  difference: number;
}

/**
 * Times every contestant in a fresh process. One process proves little: where the machine puts its
 * memory can make it half as fast for all its life, whichever contestant it is.
 */
async function runGeneration(results: Map<string, ContestantResult>): Promise<void> {
  await using contestants = await startContestants();
  const times = new Map(contestants.list.map((each) => [each, [] as number[]]));
  let wanted: number[] | undefined;
  for (const each of contestants.list) {
    const { logits } = await each.predict(WARM_UP_PREDICTIONS);
    wanted ??= logits;
    const result = results.get(each.name) ?? { medians: [], difference: 0 };
    result.difference = Math.max(result.difference, compareLogits(each, logits, wanted));
    results.set(each.name, result);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of contestants.list) {
      times.get(each)?.push(...(await each.predict(PREDICTIONS_PER_ROUND)).milliseconds);
    }
  }
  for (const [{ name }, milliseconds] of times) {
    results.get(name)?.medians.push(median(milliseconds));
  }
}

async function startContestants(): Promise<AsyncDisposable & { list: Contestant[] }> {
  const { model } = await findModelFiles();
  const { graph } = readTfliteGraph(await Deno.readFile(model));
  const onnx = `${RESULTS_FOLDER}mobilenet_v2.onnx`;
  const input = `${RESULTS_FOLDER}input.f32`;
  await Deno.mkdir(RESULTS_FOLDER, { recursive: true });
  await writeOnnx(graph, onnx);
  const pixels = makePicturePixels({ width: 224, height: 224 }).data;
  // [1, 224, 224, 3] float32 in [-1, 1]
  const values = Float32Array.from(pixels.filter((_, i) => i % 4 !== 3), (x) => x / 127.5 - 1);
  await Deno.writeFile(input, new Uint8Array(values.buffer));
  const deno = (program: string, ...rest: string[]) => {
    const path = new URL(`contestants/${program}`, import.meta.url).pathname;
    return [
      Deno.execPath(),
      "run",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      path,
      model,
      input,
      ...rest,
    ];
  };
  const node = (runtime: string) => [
    "node",
    `${PEERS_FOLDER}onnxruntime_contestant.mjs`,
    onnx,
    input,
    runtime,
  ];
  const list = [
    startContestant(OURS, deno("lastlayer_contestant.ts")),
    startContestant(STOCK, deno("stock_tfjs_contestant.ts", "separate")),
    startContestant("stock tfjs, fused ops", deno("stock_tfjs_contestant.ts", "fused")),
    startContestant("onnxruntime-web", node("web")),
    startContestant("onnxruntime-node (native)", node("node")),
  ];
  return {
    list,
    async [Symbol.asyncDispose]() {
      await Promise.all(list.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** The largest difference of the outputs, which must be that of rounding alone. */
function compareLogits(contestant: Contestant, logits: number[], wanted: number[]): number {
  const indexOfMax = (values: number[]) => values.indexOf(Math.max(...values));
  const difference = Math.max(...wanted.map((value, i) => Math.abs(value - (logits[i] ?? NaN))));
  if (!(difference <= LOGIT_DIFFERENCE_MAX) || indexOfMax(logits) !== indexOfMax(wanted)) {
    throw new Error(
      `Cannot compare with ${contestant.name} as its logits must differ by at most ` +
        `${LOGIT_DIFFERENCE_MAX} and have the same maximum: they differ by ${difference}`,
    );
  }
  return difference;
}
