import * as tf from "@tensorflow/tfjs-core";
import { initWasmBackend } from "../../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";

/** Starts the WASM backend of this test file, which has a thread and an engine of its own. */
export async function startTestBackend(): Promise<void> {
  if (tf.getBackend() !== "wasm") await initWasmBackend(await loadTfjsWasmModule());
}

/** The largest difference between two lists of the same length; infinite where the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const differences = Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? NaN)));
  // A NaN on either side makes the result NaN, which is below no tolerance.
  return Math.max(0, ...differences);
}
