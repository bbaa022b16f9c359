import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createRandom } from "../../../lib/random.ts";
import { fitTemperature } from "../../../models/training/fit_temperature.ts";

/** Classes drawn with the probabilities of logits, and those logits times a factor. */
function drawLabelled(factor: number) {
  const random = createRandom(1);
  const classes: number[] = [];
  const logits = Float32Array.from({ length: 9000 }, () => 4 * random() - 2);
  for (let first = 0; first < logits.length; first += 3) {
    const powers = [...logits.subarray(first, first + 3)].map(Math.exp);
    let rest = random() * powers.reduce((a, b) => a + b);
    let index = 0;
    while (index < 2 && rest > (powers[index] ?? 0)) rest -= powers[index++] ?? 0;
    classes.push(index);
  }
  return { logits: logits.map((logit) => factor * logit), classes, classCount: 3 };
}

Deno.test("fitTemperature() finds the factor by which logits are too large or too small", () => {
  // Four standard errors of a fit to 3,000 samples.
  for (const factor of [0.25, 1, 5]) {
    assertAlmostEquals(fitTemperature(drawLabelled(factor)) / factor, 1, 0.15);
  }
});

Deno.test("fitTemperature() stays in its range where no temperature is best", () => {
  const logits = Float32Array.of(1, 0, 0, 1);
  assertAlmostEquals(fitTemperature({ logits, classes: [0, 1], classCount: 2 }), 1 / 20, 1e-6);
  assertAlmostEquals(fitTemperature({ logits, classes: [1, 0], classCount: 2 }), 20, 1e-6);
});

Deno.test("fitTemperature() gives 1 without samples", () => {
  assertEquals(fitTemperature({ logits: new Float32Array(), classes: [], classCount: 2 }), 1);
});
