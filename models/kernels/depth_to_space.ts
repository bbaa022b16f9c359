import * as tf from "@tensorflow/tfjs-core";
import type { TensorInfo } from "../tensors.ts";
import type { KernelArguments, KernelBackend } from "./recurrent_instance.ts";

const KERNEL = "DepthToSpace";

interface DepthToSpaceAttributes {
  blockSize: number;
  dataFormat: "NHWC" | "NCHW";
}

/**
 * Puts a kernel that copies rows in the place of the WASM backend's `DepthToSpace`, which looks up
 * the place of every single number and takes a millisecond for 32,768 of them. Calling it again
 * changes nothing.
 */
export function registerDepthToSpace(): void {
  const stock = tf.getKernel(KERNEL, "wasm");
  if (!stock || isRegistered) return;
  isRegistered = true;
  tf.unregisterKernel(KERNEL, "wasm");
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) => {
      const { inputs, attrs, backend } = call as unknown as KernelArguments & {
        backend: KernelBackend;
      };
      const { blockSize, dataFormat } = attrs as DepthToSpaceAttributes;
      const { x } = inputs;
      const isUsual = x?.dtype === "float32" && dataFormat === "NHWC";
      return isUsual ? copyBlocks(backend, x, blockSize) : stock.kernelFunc(call);
    },
  });
}

let isRegistered = false;

/** `[n, h, w, size * size * channels]` -> `[n, h * size, w * size, channels]`. */
function copyBlocks(backend: KernelBackend, x: TensorInfo, size: number): TensorInfo {
  const [n = 0, height = 0, width = 0, depth = 0] = x.shape;
  const output = backend.makeOutput([n, height * size, width * size, depth / size ** 2], "float32");
  const source = backend.typedArrayFromHeap(x);
  const target = backend.typedArrayFromHeap(output);
  // One pixel of the input has `size` runs of numbers; each lies in a row of the output.
  const runLength = depth / size;
  let place = 0;
  for (let row = 0; row < n * height; row++) {
    for (let run = 0; run < size; run++) {
      let from = row * width * depth + run * runLength;
      for (let column = 0; column < width; column++, from += depth) {
        for (let i = 0; i < runLength; i++) target[place++] = source[from + i] as number;
      }
    }
  }
  return output;
}
