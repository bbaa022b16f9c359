import { createRandom } from "../../../../lib/random.ts";
import type { NetworkSamples } from "../../../../models/training/all_layers/network_samples.ts";

/**
 * Series of 2 channels and 3 to 8 steps, around a level far from 0, that rise, fall or stay in the
 * first channel; the second is noise of another size.
 */
export function drawSlopes(count: number, seed = 1): NetworkSamples {
  const random = createRandom(seed);
  const values: number[] = [];
  const starts = [0];
  const classes = Array.from({ length: count }, (_, index) => index % 3);
  for (const index of classes) {
    const steps = 3 + Math.floor(6 * random());
    for (let step = 0; step < steps; step++) {
      values.push(50 + (index - 1) * step + 0.3 * (random() - 0.5), 1e-3 * random());
    }
    starts.push((starts.at(-1) ?? 0) + steps);
  }
  return {
    kind: "series",
    values: Float32Array.from(values),
    width: 2,
    starts: Uint32Array.from(starts),
    classes: Int32Array.from(classes),
    classCount: 3,
  };
}

/** Texts over three characters, whose class is their first character. */
export function drawTexts(count: number, seed = 1): NetworkSamples {
  const random = createRandom(seed);
  const texts = Array.from({ length: count }, (_, index) => {
    const length = 2 + Math.floor(5 * random());
    return [index % 3, ...Array.from({ length }, () => Math.floor(3 * random()))];
  });
  return joinTexts(texts, texts.map(([first = 0]) => first));
}

/** Samples of tokens. */
export function joinTexts(texts: number[][], classes: number[]): NetworkSamples {
  const starts = [0];
  for (const { length } of texts) starts.push((starts.at(-1) ?? 0) + length);
  return {
    kind: "text",
    values: Int32Array.from(texts.flat()),
    width: 1,
    starts: Uint32Array.from(starts),
    classes: Int32Array.from(classes),
    classCount: Math.max(...classes) + 1,
  };
}

/** Points whose class is the larger of two numbers, and noise. */
export function drawVectors(count: number, seed = 1): NetworkSamples {
  const random = createRandom(seed);
  const rows = Array.from({ length: count }, () => [random(), random(), 100 * random()]);
  return {
    kind: "vector",
    values: Float32Array.from(rows.flat()),
    width: 3,
    starts: Uint32Array.from({ length: count + 1 }, (_, row) => row),
    classes: Int32Array.from(rows, ([a = 0, b = 0]) => a > b ? 0 : 1),
    classCount: 2,
  };
}
