/**
 * Fits softmax regression to features like a backbone's, and compares with scikit-learn's L-BFGS on
 * one thread and with `model.fit` of TensorFlow.js on the WASM backend. The contestants take turns;
 * beside the wall clock stands the processor time, which neighbours on the machine disturb less.
 */
import process from "node:process";
import * as tf from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { createRandom } from "../lib/random.ts";
import type { DenseHead } from "../models/heads/dense_head.ts";
import { fitHead } from "../models/training/fit_head.ts";
import { initWasmBackend } from "../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../models/wasm_simd.ts";
import { type BenchReport, compareWithTarget, type Target } from "./bench_report.ts";
import { RESULTS_FOLDER } from "./model_files.ts";
import { median } from "./quantiles.ts";
import { hasSklearn, type SklearnFit, startSklearn } from "./sklearn_peer.ts";

interface Problem {
  rows: number;
  length: number;
  classes: number;
  features: Float32Array<ArrayBuffer>;
}

interface Timing {
  wallMs: number;
  processorMs: number;
}

type Solution = Pick<SklearnFit, "iterations" | "weights" | "bias">;

const ROUNDS = 7;
const SIZES = [
  { rows: 2000, length: 1280, classes: 20 },
  { rows: 250, length: 1280, classes: 5 },
];

/** Runs all sizes. */
export async function benchFit(): Promise<BenchReport> {
  await initWasmBackend(await loadTfjsWasmModule());
  const report: BenchReport = { tables: [], targets: [] };
  for (const size of SIZES) {
    const problem = drawProblem(size);
    const { table, targets } = await compareContestants(problem);
    report.tables.push(table);
    report.targets.push(...targets);
  }
  return report;
}

async function compareContestants(problem: Problem) {
  const { rows, length, classes } = problem;
  const ours = await fitOurs(problem);
  const times: Record<string, Timing[]> = { ours: [], float32: [], float64: [] };
  const sklearn: Record<string, SklearnFit> = {};
  const path = `${RESULTS_FOLDER}fit_features.f32`;
  if (await hasSklearn()) {
    await Deno.writeFile(path, new Uint8Array(problem.features.buffer));
    await using peer = startSklearn(path, problem);
    for (const type of ["float32", "float64"] as const) sklearn[type] = await peer.fit(type);
    for (let round = 0; round < ROUNDS; round++) {
      times.ours?.push((await fitOurs(problem)).timing);
      times.float32?.push(await peer.fit("float32"));
      times.float64?.push(await peer.fit("float64"));
    }
    await Deno.remove(path);
  } else {
    for (let round = 0; round < ROUNDS; round++) times.ours?.push((await fitOurs(problem)).timing);
  }
  const stock = await fitStock(problem);
  const rowsOut = [
    describe("lastlayer", times.ours ?? [], { solution: ours.solution, problem }),
    ...Object.entries(sklearn).map(([type, solution]) =>
      describe(`scikit-learn ${type}`, times[type] ?? [], { solution, problem })
    ),
    describe("tfjs model.fit, 50 epochs", [stock.timing], { solution: stock.solution, problem }),
  ];
  const title = `Softmax regression, ${rows} x ${length} features, ${classes} classes`;
  return { table: { title, rows: rowsOut }, targets: listTargets(rowsOut, problem) };
}

type Row = ReturnType<typeof describe>;

function describe(
  name: string,
  times: Timing[],
  { solution, problem }: { solution: Solution; problem: Problem },
) {
  return {
    name,
    "wall ms": median(times.map(({ wallMs }) => wallMs)),
    "processor ms": median(times.map(({ processorMs }) => processorMs)),
    iterations: solution.iterations,
    objective: computeObjective(problem, solution).toPrecision(8),
  };
}

function listTargets(rows: Row[], { rows: samples, classes }: Problem): Target[] {
  const [ours, ...others] = rows as [Row, ...Row[]];
  const stock = others.at(-1) as Row;
  const sklearn = others.slice(0, -1);
  const size = `${samples} samples, ${classes} classes`;
  const keys = ["wall ms", "processor ms"] as const;
  if (samples < 1000) {
    return keys.map((key) =>
      compareWithTarget(`fit, ${size}, ${key}`, ours[key], { atMost: 60, unit: "ms" })
    );
  }
  const targets = keys.map((key) =>
    compareWithTarget(`times as fast as model.fit, ${size}, ${key}`, stock[key] / ours[key], {
      atLeast: 40,
      unit: "x",
    })
  );
  if (sklearn.length === 0) {
    const measured = "scikit-learn is missing: install Debian's python3-sklearn";
    return [...targets, { what: "time of scikit-learn", wanted: "", measured, holds: false }];
  }
  const fastest = (key: "wall ms" | "processor ms") => Math.min(...sklearn.map((row) => row[key]));
  const lowest = Math.min(...sklearn.map(({ objective }) => Number(objective)));
  return [
    ...targets,
    ...keys.map((key) =>
      compareWithTarget(`part of the faster scikit-learn's ${key}`, ours[key] / fastest(key), {
        atMost: 1,
        unit: "x",
      })
    ),
    compareWithTarget(
      "objective above scikit-learn's",
      1e6 * (Number(ours.objective) / lowest - 1),
      { atMost: 2, unit: "millionths" },
    ),
  ];
}

/** Standardised features behind a ReLU, out of a hundred hidden factors, as a backbone's are. */
function drawProblem({ rows, length, classes }: Omit<Problem, "features">): Problem {
  const factors = 100;
  const random = createRandom(1);
  const drawNormal = () =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const draw = (count: number, scale: number) =>
    Float32Array.from({ length: count }, () => scale * drawNormal());
  const centers = draw(classes * factors, 0.5);
  const mixing = draw(factors * length, 1 / Math.sqrt(factors));
  const features = new Float32Array(rows * length);
  for (let row = 0; row < rows; row++) {
    const values = features.subarray(row * length, (row + 1) * length);
    for (let factor = 0; factor < factors; factor++) {
      const strength = (centers[(row % classes) * factors + factor] as number) + drawNormal();
      for (let i = 0; i < length; i++) {
        values[i] = (values[i] as number) + strength * (mixing[factor * length + i] as number);
      }
    }
    values.forEach((value, i) => values[i] = Math.max(0, value + 0.3 * drawNormal() - 0.5));
  }
  standardize(features, { rows, length });
  return { rows, length, classes, features };
}

function standardize(features: Float32Array, { rows, length }: { rows: number; length: number }) {
  for (let i = 0; i < length; i++) {
    const column = Array.from({ length: rows }, (_, row) => features[row * length + i] as number);
    const mean = column.reduce((a, b) => a + b) / rows;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
    column.forEach((value, row) =>
      features[row * length + i] = (value - mean) / Math.sqrt(variance)
    );
  }
}

/** Everything that a job does after it has the features, the copy into the memory included. */
async function fitOurs({ rows, length, classes, features }: Problem) {
  const samples = {
    features,
    length,
    classes: Uint16Array.from({ length: rows }, (_, row) => row % classes),
    classCount: classes,
  };
  const stop = startTimer();
  const { head, curve } = await fitHead(samples, {
    l2: 1 / rows,
    validationSplit: 0,
    epochs: 1000,
  });
  return { timing: stop(), solution: { iterations: curve.length, ...readSingleLayer(head) } };
}

function readSingleLayer({ layers: [layer] }: DenseHead): Omit<Solution, "iterations"> {
  return { weights: [...layer?.weights ?? []], bias: [...layer?.bias ?? []] };
}

/** As the documentation of TensorFlow.js has it. */
async function fitStock({ rows, length, classes, features }: Problem) {
  const model = sequential({
    layers: [layers.dense({ inputShape: [length], units: classes, activation: "softmax" })],
  });
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
  const x = tf.tensor2d(features, [rows, length]);
  const targets = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const y = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(targets, "int32"), classes), "float32"));
  const stop = startTimer();
  await model.fit(x, y, { epochs: 50, batchSize: 32, verbose: 0 });
  const timing = stop();
  const [weights, bias] = model.getWeights().map((weight) => [...weight.dataSync()]);
  tf.dispose([x, y]);
  model.dispose();
  return { timing, solution: { iterations: 50, weights: weights ?? [], bias: bias ?? [] } };
}

function startTimer(): () => Timing {
  const wall = performance.now();
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return { wallMs: performance.now() - wall, processorMs: (user + system) / 1000 };
  };
}

/** scikit-learn's objective for C = 1, the sum of losses and half the squared weights, in float64. */
function computeObjective(problem: Problem, { weights, bias }: Solution): number {
  const { rows, length, classes, features } = problem;
  let objective = weights.reduce((sum, weight) => sum + weight * weight / 2, 0);
  for (let row = 0; row < rows; row++) {
    const logits = [...bias];
    for (let i = 0; i < length; i++) {
      const feature = features[row * length + i] as number;
      for (let index = 0; index < classes; index++) {
        logits[index] = (logits[index] as number) +
          feature * (weights[i * classes + index] as number);
      }
    }
    const own = logits[row % classes] as number;
    objective += Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - own), 0));
  }
  return objective;
}
