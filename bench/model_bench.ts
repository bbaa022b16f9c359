import { readTfliteGraph } from "../models/formats/tflite_graph.ts";
import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { type Contestant, startContestant } from "./contestant.ts";
import { findModelFiles, RESULTS_FOLDER } from "./model_files.ts";
import { installPeers, PEERS_FOLDER } from "./peers.ts";
import { median, quantile } from "./quantiles.ts";
import { makePicturePixels } from "./pictures.ts";
import { writeOnnx } from "./write_onnx.ts";

const ROUNDS = 12;
const PREDICTIONS_PER_ROUND = 15;
const WARM_UP_PREDICTIONS = 20;
/** The logits span about 20; sums in another order differ far less than this. */
const LOGIT_DIFFERENCE_MAX = 0.01;

/**
 * The model alone: batch 1, one thread, the same weights and the same input. The contestants take
 * turns, so that whatever else the machine does hits all of them alike.
 *
 * @throws {Error} if a contestant does not give the outputs of the others
 */
export async function benchModel(): Promise<BenchReport> {
  await installPeers();
  await using contestants = await startContestants();
  const [ours, ...others] = contestants.list;
  if (!ours) throw new Error("No contestants");
  const { logits } = await ours.predict(WARM_UP_PREDICTIONS);
  const differences = new Map([[ours, 0]]);
  for (const other of others) {
    const difference = compareLogits(
      other,
      (await other.predict(WARM_UP_PREDICTIONS)).logits,
      logits,
    );
    differences.set(other, difference);
  }
  const times = new Map(contestants.list.map((each) => [each, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of contestants.list) {
      times.get(each)?.push(...(await each.predict(PREDICTIONS_PER_ROUND)).milliseconds);
    }
  }
  const milliseconds = (each: Contestant) => median(times.get(each) ?? []);
  const rows = contestants.list.map((each) => ({
    "": each.name,
    "ms (median)": milliseconds(each),
    "ms (p10)": quantile(times.get(each) ?? [], 0.1),
    "time / ours": milliseconds(each) / milliseconds(ours),
    "largest logit difference": differences.get(each)?.toExponential(1) ?? "",
  }));
  const stock = others[0] ?? ours;
  return {
    tables: [{ title: "Model alone: MobileNetV2 1.0/224, batch 1, one thread", rows }],
    targets: [
      compareWithTarget(
        `ours is faster than ${stock.name}`,
        milliseconds(stock) / milliseconds(ours),
        {
          atLeast: 1,
          unit: "times",
        },
      ),
    ],
  };
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
    return [Deno.execPath(), "run", "--allow-read", "--allow-env", path, model, input, ...rest];
  };
  const node = (runtime: string) => [
    "node",
    `${PEERS_FOLDER}onnxruntime_contestant.mjs`,
    onnx,
    input,
    runtime,
  ];
  const list = [
    startContestant("lastlayer", deno("lastlayer_contestant.ts")),
    startContestant("stock tfjs, separate ops", deno("stock_tfjs_contestant.ts", "separate")),
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
