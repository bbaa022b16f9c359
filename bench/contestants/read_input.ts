import * as tf from "@tensorflow/tfjs-core";

/** Reads the input that all contestants predict: float32 little endian, `[1, h, w, c]`. */
export function readInput(path: string, shape: readonly number[]): tf.Tensor {
  return tf.tensor(new Float32Array(Deno.readFileSync(path).buffer), [...shape]);
}
