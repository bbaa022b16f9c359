import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { foldScaling, measureScaling } from "../../../models/training/feature_scaling.ts";

Deno.test("measureScaling() gives mean and deviation over the chosen rows only", () => {
  const features = Float32Array.of(1, 10, 3, 10, 99, 99);
  const { mean, factor } = measureScaling(features, { length: 2, rows: Uint32Array.of(0, 1) });
  assertEquals([...mean], [2, 10]);
  // A feature that never changes is switched off instead of divided by 0.
  assertEquals([...factor], [1, 0]);
});

Deno.test("measureScaling() takes float32 rounding for no change", () => {
  const features = Float32Array.of(1000, 1000.00006, 1000);
  const { factor } = measureScaling(features, { length: 1, rows: Uint32Array.of(0, 1, 2) });
  assertEquals([...factor], [0]);
});

Deno.test("measureScaling() switches off what changes by so little that its factor leaves float32", () => {
  const features = Float32Array.of(0, 0, 0, 1e-42, 1e-34, 1e-32);
  const { factor } = measureScaling(features, { length: 3, rows: Uint32Array.of(0, 1) });
  assertEquals([...factor].map((each) => each > 0), [false, false, true]);
  assert(Number.isFinite(Math.fround(factor[2] ?? NaN)));
});

Deno.test("foldScaling() makes a head that takes features as they come", () => {
  const scaling = { mean: Float64Array.of(2, -1), factor: Float64Array.of(0.5, 4) };
  const layer = {
    inputs: 2,
    units: 3,
    weights: Float32Array.of(1, 2, 3, 4, 5, 6),
    bias: Float32Array.of(0.1, 0.2, 0.3),
    activation: "relu" as const,
  };
  const last = { ...layer, inputs: 3, units: 1, activation: "linear" as const };
  const { layers } = foldScaling({ layers: [layer, last] }, scaling);
  assertEquals(layers[1], last);
  const [first] = layers;
  for (let unit = 0; unit < 3; unit++) {
    const standardised = [(7 - 2) * 0.5, (3 + 1) * 4];
    const expected = (layer.bias[unit] ?? NaN) + (standardised[0] ?? NaN) *
        (layer.weights[unit] ?? NaN) +
      (standardised[1] ?? NaN) * (layer.weights[3 + unit] ?? NaN);
    const raw = (first?.bias[unit] ?? NaN) + 7 * (first?.weights[unit] ?? NaN) +
      3 * (first?.weights[3 + unit] ?? NaN);
    assertAlmostEquals(raw, expected, 1e-4);
  }
});
