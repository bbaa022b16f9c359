import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { computeLogits } from "../../../models/training/compute_logits.ts";
import { drawNumbers } from "./matrices.ts";

const HEAD = {
  layers: [
    {
      inputs: 3,
      units: 5,
      weights: drawNumbers(15, 1),
      bias: drawNumbers(5, 2),
      activation: "relu" as const,
    },
    {
      inputs: 5,
      units: 2,
      weights: drawNumbers(10, 3),
      bias: drawNumbers(2, 4),
      activation: "linear" as const,
    },
  ],
};

Deno.test("computeLogits() agrees with the definition of dense layers, over several chunks", () => {
  const rows = 300;
  const features = drawNumbers(rows * 3, 5);
  const logits = computeLogits(HEAD, { features, length: 3 });
  assertEquals(logits.length, rows * 2);
  const [hidden, last] = HEAD.layers;
  for (let row = 0; row < rows; row++) {
    const values = Array.from({ length: 5 }, (_, unit) => {
      let sum = hidden?.bias[unit] ?? NaN;
      for (let i = 0; i < 3; i++) {
        sum += (features[row * 3 + i] ?? NaN) * (hidden?.weights[i * 5 + unit] ?? NaN);
      }
      return Math.max(0, sum);
    });
    for (let unit = 0; unit < 2; unit++) {
      const sum = values.reduce(
        (total, value, i) => total + value * (last?.weights[i * 2 + unit] ?? NaN),
        last?.bias[unit] ?? NaN,
      );
      assertAlmostEquals(logits[row * 2 + unit] ?? NaN, sum, 1e-5);
    }
  }
});

Deno.test("computeLogits() gives nothing for no rows", () => {
  assertEquals(computeLogits(HEAD, { features: new Float32Array(), length: 3 }).length, 0);
});

Deno.test("computeLogits() throws when the vectors have another length", () => {
  const features = new Float32Array(8);
  assertThrows(() => computeLogits(HEAD, { features, length: 4 }), TypeError, "length 3");
  assertThrows(() => computeLogits(HEAD, { features, length: 3 }), TypeError, "8 numbers");
});
