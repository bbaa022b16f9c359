import * as tf from "@tensorflow/tfjs-core";
import type { NetworkBatch } from "../../networks/trainable_network.ts";

/** Samples of different lengths with their classes: what a network is trained on. */
export interface NetworkSamples {
  /** Characters by their number, measurements over time, or numbers without an order. */
  readonly kind: "text" | "series" | "vector";
  /** All steps of all samples, one after the other, `width` numbers each: float32, int32 for text. */
  readonly values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
  /** Numbers of one step: 1 for text; for vectors their length, as each is one step. */
  readonly width: number;
  /** `[n + 1]`: the step with which each sample begins, and the end of the last. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** `[n]`, each from 0 to `classCount - 1`. */
  readonly classes: Int32Array<ArrayBuffer>;
  /** How many classes. */
  readonly classCount: number;
}

/** Number of steps of a sample. */
export function countSteps({ starts }: Pick<NetworkSamples, "starts">, sample: number): number {
  return (starts[sample + 1] as number) - (starts[sample] as number);
}

/**
 * Puts samples side by side, each from the first step on; shorter ones are filled up with zeros that
 * the mask leaves out.
 *
 * @param rows which samples, in this order
 * @returns tensors that the caller disposes
 */
export function makeBatch(samples: NetworkSamples, rows: Uint32Array): NetworkBatch {
  const { kind, values, width, starts } = samples;
  const lengths = Array.from(rows, (row) => countSteps(samples, row));
  const steps = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const padded = kind === "text"
    ? new Int32Array(rows.length * steps)
    : new Float32Array(rows.length * steps * width);
  rows.forEach((row, place) => {
    const from = starts[row] as number;
    const to = starts[row + 1] as number;
    padded.set(values.subarray(from * width, to * width), place * steps * width);
  });
  if (kind === "vector") return { x: tf.tensor(padded, [rows.length, width]) };
  const isUneven = lengths.some((length) => length !== steps);
  return {
    x: kind === "text"
      ? tf.tensor(padded, [rows.length, steps], "int32")
      : tf.tensor(padded, [rows.length, steps, width]),
    mask: isUneven ? makeMask(lengths, steps) : undefined,
  };
}

function makeMask(lengths: readonly number[], steps: number): tf.Tensor {
  const mask = new Uint8Array(lengths.length * steps);
  lengths.forEach((length, place) => mask.fill(1, place * steps, place * steps + length));
  return tf.tensor(mask, [lengths.length, steps], "bool");
}
