import type { DenseHead, DenseLayer } from "../../../models/heads/dense_head.ts";
import { pattern } from "../formats/tflite_parts.ts";

/** A layer with weights without an order, each a multiple of 1/32 in [-1, 1]. */
export function makeLayer(
  inputs: number,
  units: number,
  { seed = 1, activation = "linear" }: { seed?: number; activation?: "linear" | "relu" } = {},
): DenseLayer {
  return {
    inputs,
    units,
    weights: pattern(inputs * units, seed),
    bias: pattern(units, seed + 1),
    activation,
  };
}

/** 5 features, 7 hidden units, 3 classes. */
export function makeHead(): DenseHead {
  return { layers: [makeLayer(5, 7, { activation: "relu" }), makeLayer(7, 3, { seed: 4 })] };
}
