import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Answers the commands of `model_bench.ts`, one JSON object per line on the standard streams, until
 * the input ends: `{"count": n}` -> `{"milliseconds": [...], "logits": [...]}`, the times of n
 * predictions of the same input and the outputs of the last one. Runs on Deno and Node.
 *
 * @param {() => Promise<Float32Array>} predict runs the model once; all of it is timed
 */
export async function serveContestant(predict) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { count } = JSON.parse(line);
    const milliseconds = [];
    let logits;
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      logits = await predict();
      milliseconds.push(performance.now() - started);
    }
    process.stdout.write(`${JSON.stringify({ milliseconds, logits: Array.from(logits ?? []) })}\n`);
  }
}
