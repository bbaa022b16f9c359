import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
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
  for (const factor of [0.01, 0.25, 1, 5]) {
    assertAlmostEquals(fitTemperature(drawLabelled(factor)) / factor, 1, 0.15);
  }
});

Deno.test("fitTemperature() stays in its range where no temperature is best", () => {
  const draw = (count: number, right: number, logit: number) => ({
    logits: Float32Array.from({ length: 2 * count }, (_, place) => place % 2 === 0 ? logit : 0),
    classes: Array.from({ length: count }, () => 1 - right),
    classCount: 2,
  });
  assertAlmostEquals(fitTemperature(draw(100_000, 1, 1e-4)), 1 / 10_000, 1e-9);
  assertAlmostEquals(fitTemperature(draw(10_000, 0, 1)), 20, 1e-6);
});

Deno.test("fitTemperature() does not become certain by a few samples that are all right", () => {
  const right = (count: number) => ({
    logits: Float32Array.from({ length: 2 * count }, (_, place) => 2 * (place % 2)),
    classes: Array.from({ length: count }, () => 1),
    classCount: 2,
  });
  // The minimum of count * ln(1 + exp(-2 f)) + 2 (ln f)^2, whose slope is 0 there.
  for (const count of [2, 4, 20]) {
    const factor = 1 / fitTemperature(right(count));
    const slope = -2 * count / (1 + Math.exp(2 * factor)) + 4 * Math.log(factor) / factor;
    assertAlmostEquals(slope, 0, 1e-6);
    assert(factor > 1 && factor < 2, `${factor}`);
  }
});

Deno.test("fitTemperature() gives 1 without samples", () => {
  assertEquals(fitTemperature({ logits: new Float32Array(), classes: [], classCount: 2 }), 1);
});
