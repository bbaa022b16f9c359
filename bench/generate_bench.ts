import { type BenchReport, compareWithTarget } from "./bench_report.ts";
import { median } from "./quantiles.ts";
import { startLastlayer } from "./service.ts";

const ROUNDS = 5;
const CONCURRENCIES = [1, 8, 32];
/** Of all texts of a round together. */
const CHARACTERS_PER_ROUND = 4_096;

/** Characters per second of `:generate` with `shakespeare-gru` over HTTP, on one worker. */
export async function benchGenerate(): Promise<BenchReport> {
  await using service = await startLastlayer({ WORKERS: "1" });
  const url = `${service.url}/v1/models/shakespeare-gru:generate`;
  const rows = [];
  for (const isStream of [false, true]) {
    for (const concurrency of CONCURRENCIES) {
      await runRound(url, { concurrency, isStream });
      const rates = [];
      for (let round = 0; round < ROUNDS; round++) {
        rates.push(await runRound(url, { concurrency, isStream }));
      }
      rows.push({
        "": isStream ? "a stream of events" : "whole answers",
        "requests at a time": concurrency,
        "characters/s": Math.round(median(rates)),
      });
    }
  }
  return {
    tables: [{ title: "Generation with shakespeare-gru over HTTP, one worker", rows }],
    targets: [
      compareWithTarget("characters per second, one request", rows[0]?.["characters/s"] ?? NaN, {
        atLeast: 5000,
        unit: "characters/s",
      }),
    ],
  };
}

async function runRound(
  url: string,
  { concurrency, isStream }: { concurrency: number; isStream: boolean },
): Promise<number> {
  const started = performance.now();
  const count = CHARACTERS_PER_ROUND / concurrency;
  await Promise.all(Array.from({ length: concurrency }, async (_, seed) => {
    const body = { prompt: "ROMEO:\n", max_tokens: count, temperature: 0.8, seed };
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, stream: isStream }),
    });
    const text = await response.text();
    const events = text.split("\n\n").filter((each) => each.startsWith("data: {"));
    // The last event tells the end.
    const characters = isStream ? events.length - 1 : [...JSON.parse(text).text].length;
    if (characters !== count) throw new Error(`There must be ${count} characters: ${text}`);
  }));
  return CHARACTERS_PER_ROUND / (performance.now() - started) * 1000;
}
