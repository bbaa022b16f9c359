import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Answers the commands of `model_bench.ts`, one JSON object per line on the standard streams, until
 * the input ends: `{"count": n, "outputs": true}` -> `{"milliseconds": [...], "cpuMilliseconds": total, "logits": [...]}`,
 * the times of n predictions of the same input, what they took of the processor, and the outputs of
 * the last one. Runs on Deno and Node.
 *
 * @param {() => Promise<Float32Array>} predict runs the model once; all of it is timed
 */
export async function serveContestant(predict) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { count, outputs = true } = JSON.parse(line);
    const milliseconds = [];
    let logits;
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      logits = await predict();
      milliseconds.push(performance.now() - started);
    }
    const { user, system } = process.cpuUsage(before);
    const answer = {
      milliseconds,
      cpuMilliseconds: (user + system) / 1000,
      logits: outputs ? Array.from(logits ?? []) : [],
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
