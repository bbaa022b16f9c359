import * as tf from "@tensorflow/tfjs-core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { Pixels } from "../lib/images/pixels.ts";
import type { Tensor4D } from "./tensors.ts";

/** The size of a model's input, in pixels. 3 channels are red, green, blue; 1 is luminance. */
export interface ImageInputSize {
  /** Rows. */
  height: number;
  /** Columns. */
  width: number;
  /** Values of one pixel. */
  channels: 1 | 3;
}

/** How a decoded picture becomes the tensor that the network was trained on. */
export interface ImagePreprocessing {
  /** A value of the tensor is `x * scale + offset` for a channel value x in 0..255. */
  scale: number;
  /** See `scale`. */
  offset: number;
  /** `crop` keeps the proportions and takes the centre; `stretch` resizes the whole picture. */
  fit: "crop" | "stretch";
  /** The part of the largest region of the input's proportions that `crop` takes, in (0, 1]. */
  cropFraction: number;
  /** Weights of red, green and blue for inputs of 1 channel; those of ITU-R BT.601 when absent. */
  luminance?: readonly [red: number, green: number, blue: number];
}

/** All that it takes to make a model's input from a picture. */
export type ImageInput = ImageInputSize & ImagePreprocessing;

/** ITU-R BT.601 weights of red, green and blue in the luminance. */
const BT_601_LUMINANCE = [0.299, 0.587, 0.114] as const;

/**
 * Turns a picture of the right size into the tensor that the model reads, on the WASM backend, which
 * must be the active one.
 *
 * @returns `[1, height, width, channels]` float32, owned by the caller
 * @throws {TypeError} if the picture has another size than the input
 */
export function imageToTensor(pixels: Pixels, input: ImageInput): Tensor4D {
  const { height, width, channels, scale, offset } = input;
  const [redWeight, greenWeight, blueWeight] = input.luminance ?? BT_601_LUMINANCE;
  if (pixels.width !== width || pixels.height !== height) {
    throw new TypeError(
      `Cannot make a tensor as the picture must be ${width} x ${height}: ` +
        `current size is ${pixels.width} x ${pixels.height}`,
    );
  }
  const source = pixels.data;
  const backend = tf.backend() as BackendWasm;
  const tensor = backend.makeOutput([1, height, width, channels], "float32");
  // A view of the backend's memory, filled in place: valid as long as nothing allocates there.
  const values = backend.typedArrayFromHeap(tensor);
  let to = 0;
  for (let from = 0; from < source.length; from += 4) {
    const red = source[from] as number;
    const green = source[from + 1] as number;
    const blue = source[from + 2] as number;
    if (channels === 3) {
      values[to++] = red * scale + offset;
      values[to++] = green * scale + offset;
      values[to++] = blue * scale + offset;
    } else {
      const luminance = redWeight * red + greenWeight * green + blueWeight * blue;
      values[to++] = luminance * scale + offset;
    }
  }
  return tf.engine().makeTensorFromTensorInfo(tensor) as Tensor4D; // [1, h, w, c] float32
}
