import * as tf from "@tensorflow/tfjs-core";
import type { SeriesInput } from "./series_input.ts";
import type { Tensor2D, Tensor3D } from "./tensors.ts";

/** One text: `[1, steps]` int32, owned by the caller. */
export function tokensToTensor(tokens: Int32Array): Tensor2D {
  return tf.tensor2d(tokens, [1, tokens.length], "int32");
}

/** One vector: `[1, length]` float32, owned by the caller. */
export function vectorToTensor(values: Float32Array): Tensor2D {
  return tf.tensor2d(values, [1, values.length], "float32");
}

/** One series: `[1, steps, channels]` float32, owned by the caller. */
export function seriesToTensor(
  values: Float32Array,
  { channels }: Pick<SeriesInput, "channels">,
): Tensor3D {
  return tf.tensor3d(values, [1, values.length / channels, channels], "float32");
}
