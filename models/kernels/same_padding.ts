import * as tf from "@tensorflow/tfjs-core";
import type { KernelArguments } from "./recurrent_instance.ts";

/** The convolutions of the WASM backend, and whether each channel has filters of its own. */
const CONVOLUTIONS = [
  { name: "Conv2D", isDepthwise: false },
  { name: "FusedConv2D", isDepthwise: false },
  { name: "DepthwiseConv2dNative", isDepthwise: true },
  { name: "FusedDepthwiseConv2D", isDepthwise: true },
];

interface ConvolutionAttributes {
  strides: [number, number] | number;
  dilations: [number, number] | number | null;
  pad: unknown;
}

type Shape4D = [number, number, number, number];

/**
 * Makes the convolutions of the WASM backend turn TensorFlow's rule `SAME` into numbers before they
 * run, as XNNPACK applies the rule wrongly where a stride is longer than the window. Calling it again
 * changes nothing.
 */
export function registerSamePadding(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const { name, isDepthwise } of CONVOLUTIONS) {
    const stock = tf.getKernel(name, "wasm");
    tf.unregisterKernel(name, "wasm");
    tf.registerKernel({
      ...stock,
      kernelFunc: (call) => {
        const { inputs: { x, filter }, attrs } = call as unknown as KernelArguments;
        const attributes = attrs as ConvolutionAttributes;
        if (!x || !filter || attributes.pad !== "same") return stock.kernelFunc(call);
        const shapes = { x: x.shape as Shape4D, filter: filter.shape as Shape4D };
        const pad = computePadding(shapes, { ...attributes, isDepthwise });
        return stock.kernelFunc({ ...call, attrs: { ...call.attrs, pad } });
      },
    });
  }
}

let isRegistered = false;

/** The zeros before and behind each axis of `[n, height, width, channels]`. */
function computePadding(
  { x, filter }: { x: Shape4D; filter: Shape4D },
  { strides, dilations, isDepthwise }: ConvolutionAttributes & { isDepthwise: boolean },
): [number, number][] {
  const { padInfo: { top, bottom, left, right } } = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations ?? 1,
    "same",
    undefined,
    isDepthwise,
  );
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}
