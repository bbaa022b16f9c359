import { assert, assertEquals } from "@std/assert";
import { nextFraction, seedRandom } from "../../lib/random.ts";
import { sampleLogits } from "../../lib/sample_logits.ts";

/** Softmax gives 0.1, 0.2, 0.3, 0.4. */
const LOGITS = Float32Array.of(Math.log(1), Math.log(2), Math.log(3), Math.log(4));
const ALL = { temperature: 1, topK: 0 };

/** How often each index is drawn in 20,000 draws. */
function frequencies(options: { temperature: number; topK: number }): number[] {
  const random = seedRandom(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) {
    const index = sampleLogits(LOGITS, options, nextFraction(random));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => count / 20_000);
}

function assertClose(found: number[], expected: number[]): void {
  // Four standard deviations of a frequency near 0.5.
  const isClose = found.every((value, i) => Math.abs(value - (expected[i] ?? NaN)) < 0.015);
  assert(isClose, `${found} for ${expected}`);
}

Deno.test("sampleLogits() draws by the softmax of the logits", () => {
  assertClose(frequencies(ALL), [0.1, 0.2, 0.3, 0.4]);
});

Deno.test("sampleLogits() divides logits by the temperature", () => {
  // At 0.5 probabilities are squared: 1, 4, 9, 16 of 30; at 2 their roots.
  assertClose(frequencies({ temperature: 0.5, topK: 0 }), [1 / 30, 4 / 30, 9 / 30, 16 / 30]);
  const roots = [1, 2, 3, 4].map(Math.sqrt);
  const sum = roots.reduce((total, root) => total + root, 0);
  assertClose(frequencies({ temperature: 2, topK: 0 }), roots.map((root) => root / sum));
});

Deno.test("sampleLogits() draws out of the likeliest k only", () => {
  assertClose(frequencies({ temperature: 1, topK: 2 }), [0, 0, 3 / 7, 4 / 7]);
  assertEquals(frequencies({ temperature: 1, topK: 1 }), [0, 0, 0, 1]);
  assertClose(frequencies({ temperature: 1, topK: 9 }), [0.1, 0.2, 0.3, 0.4]);
});

Deno.test("sampleLogits() takes the likeliest at temperature 0, the first of equals", () => {
  assertEquals(sampleLogits(Float32Array.of(1, 5, 5), { temperature: 0, topK: 0 }), 1);
});

Deno.test("sampleLogits() overflows for no logits and no temperature", () => {
  const logits = Float32Array.of(-3e38, 3e38, 0);
  for (const temperature of [1e-9, 1, 1e9]) {
    assertEquals(sampleLogits(logits, { temperature, topK: 0 }, 0.5), 1);
  }
  // The end of the distribution belongs to the last index that has a share of it.
  assertEquals(sampleLogits(Float32Array.of(0, 0, -3e38), ALL, 1 - 2 ** -32), 1);
});
