import * as tf from "@tensorflow/tfjs-core";
import {
  hasRecurrentKernels,
  registerRecurrentKernels,
} from "../../../models/kernels/recurrent_kernels.ts";
import { loadRecurrentModule } from "../../../models/kernels/recurrent_module.ts";
import { initWasmBackend } from "../../../models/wasm_backend.ts";
import { loadTfjsWasmModule } from "../../../models/wasm_simd.ts";

/** Starts the WASM backend of this test file, which has a thread and an engine of its own, with the kernels. */
export async function startTestBackend(recurrent?: WebAssembly.Module): Promise<void> {
  if (tf.getBackend() !== "wasm") await initWasmBackend(await loadTfjsWasmModule());
  if (!hasRecurrentKernels()) registerRecurrentKernels(recurrent ?? await loadRecurrentModule());
}

/** The largest difference between two lists of the same length; infinite where the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const differences = Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? NaN)));
  // A NaN on either side makes the result NaN, which is below no tolerance.
  return Math.max(0, ...differences);
}
