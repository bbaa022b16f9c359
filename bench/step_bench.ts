import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { type ContestantAnswer, startContestant } from "./contestant.ts";
import { median } from "./quantiles.ts";

const BATCHES = [1, 2, 4, 8, 32];
const ROUNDS = 10;
const STEPS_PER_ROUND = 200;
const WARM_UP_STEPS = 400;
/** The layers of TensorFlow.js are so slow that fewer steps must do. */
const STOCK_STEPS_PER_ROUND = 20;

/** Characters per second of greedy generation with `shakespeare-gru`, on one thread. */
export async function benchStep(): Promise<BenchReport> {
  const fused = [];
  for (const n of BATCHES) fused.push({ n, ...await measure(n, "fused") });
  const stock = { n: 1, ...await measure(1, "stock") };
  const describe = (name: string) => ({ n, clock, processor }: typeof stock) => ({
    "": name,
    "sequences": n,
    "characters/s": Math.round(n / clock * 1000),
    "characters/s of processor time": Math.round(n / processor * 1000),
  });
  return {
    tables: [{
      title: "Generation with shakespeare-gru: every step feeds each sequence one character",
      rows: [...fused.map(describe("step runner")), describe("layers of TensorFlow.js")(stock)],
    }],
    targets: [
      compareWithTarget(
        "characters per second of processor time, one sequence",
        1000 /
          (fused[0]?.processor ?? NaN),
        { atLeast: 5000, unit: "characters/s" },
      ),
    ],
  };
}

/** Median milliseconds of one step, by the clock and of the processor. */
async function measure(
  n: number,
  style: "fused" | "stock",
): Promise<{ clock: number; processor: number }> {
  const path = new URL("contestants/step_contestant.ts", import.meta.url).pathname;
  const flags = ["--allow-read", "--allow-env", "--allow-sys"];
  const command = [Deno.execPath(), "run", ...flags, path, String(n), style];
  await using contestant = startContestant(style, command);
  const steps = style === "fused" ? STEPS_PER_ROUND : STOCK_STEPS_PER_ROUND;
  await contestant.predict(style === "fused" ? WARM_UP_STEPS : STOCK_STEPS_PER_ROUND);
  const answers: ContestantAnswer[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    answers.push(await contestant.predict(steps, false));
  }
  return {
    clock: median(answers.flatMap(({ milliseconds }) => milliseconds)),
    processor: median(answers.map(({ cpuMilliseconds }) => cpuMilliseconds / steps)),
  };
}
