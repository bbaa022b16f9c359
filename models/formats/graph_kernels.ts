import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import type { BinaryNode, ConvNode, DenseNode, GraphNode, MeanNode } from "./graph.ts";
import type { Activation, Padding, PoolNode, ValueId, Weight } from "./graph.ts";
import { AVERAGED_CHANNELS_MAX } from "./model_limits.ts";

/** Finds the tensor of a value that an earlier node has computed. */
export type ReadValue = (id: ValueId) => Tensor;

/** A node whose weights lie in the backend's memory. */
export interface Kernel {
  /** Computes the node's value; called inside of a `tf.tidy()`. */
  run(read: ReadValue): Tensor;
  /** For the owner of the kernel to dispose. */
  weights: Tensor[];
}

/**
 * Uploads the weights of a node and prepares its call. Kernels are called directly, not through
 * the public functions of TensorFlow.js, whose checks and gradient bookkeeping take 11 of 13.5
 * microseconds for each small convolution; `inferShapes()` has checked every node before.
 */
export function createKernel(node: GraphNode): Kernel {
  switch (node.op) {
    case "conv2d":
    case "depthwise_conv2d":
      return createConvolution(node);
    case "dense":
      return createDense(node);
    case "add":
    case "mul":
      return createBinary(node);
    case "average_pool":
    case "max_pool":
      return withoutWeights((read) => runPool(read(node.input), node));
    case "mean":
      return withoutWeights((read) => runMean(read(node.input), node));
    case "reshape":
      return withoutWeights((read) => reshape(read(node.input), node.shape.slice(1)));
    case "pad":
      return withoutWeights((read) => {
        const { paddings } = node;
        return runKernel("PadV2", { x: read(node.input) }, { paddings, constantValue: 0 });
      });
    case "concat":
      return withoutWeights((read) => {
        const joined = runKernel("Concat", node.inputs.map(read), { axis: node.axis });
        return activate(joined, node.activation);
      });
    case "activation":
      return withoutWeights((read) => runActivation(read(node.input), node.activation));
    case "softmax":
      return withoutWeights((read) => {
        const logits = read(node.input);
        return runKernel("Softmax", { logits }, { dim: logits.rank - 1 });
      });
  }
}

/** `[n, ...]` -> `[n, ...sampleShape]`, over the same memory. */
export function reshape(x: Tensor, sampleShape: number[]): Tensor {
  return runKernel("Reshape", { x }, { shape: [x.shape[0] ?? 0, ...sampleShape] });
}

function withoutWeights(run: Kernel["run"]): Kernel {
  return { run, weights: [] };
}

function runKernel(
  name: string,
  inputs: Record<string, Tensor> | Tensor[],
  attributes: object,
): Tensor {
  return tf.engine().runKernel(
    name,
    inputs as tf.NamedTensorMap,
    attributes as tf.NamedAttrMap,
  ) as Tensor;
}

function upload({ values, shape }: Weight): Tensor {
  return tf.tensor(values, shape, "float32");
}

function createConvolution(node: ConvNode): Kernel {
  const name = node.op === "conv2d" ? "FusedConv2D" : "FusedDepthwiseConv2D";
  const filter = upload(node.filter);
  const bias = node.bias && upload(node.bias);
  const fused = fusedActivation(node.activation);
  const attributes = {
    strides: node.strides,
    dilations: node.dilations,
    pad: toKernelPadding(node.padding),
    dataFormat: "NHWC",
    activation: fused,
  };
  return {
    run: (read) => {
      const x = read(node.input);
      const output = runKernel(name, bias ? { x, filter, bias } : { x, filter }, attributes);
      return fused === node.activation ? output : activate(output, node.activation);
    },
    weights: bias ? [filter, bias] : [filter],
  };
}

function createDense(node: DenseNode): Kernel {
  const [inLength = 0, outLength = 0] = node.kernel.shape;
  const b = upload({ values: node.kernel.values, shape: [1, inLength, outLength] });
  const bias = node.bias && upload(node.bias);
  const fused = fusedActivation(node.activation);
  const attributes = { transposeA: false, transposeB: false, activation: fused };
  return {
    run: (read) => {
      const x = read(node.input);
      const n = x.shape[0] ?? 0;
      const a = runKernel("Reshape", { x }, { shape: [1, n, inLength] });
      const product = runKernel("_FusedMatMul", bias ? { a, b, bias } : { a, b }, attributes);
      const output = runKernel("Reshape", { x: product }, { shape: [n, outLength] });
      return fused === node.activation ? output : activate(output, node.activation);
    },
    weights: bias ? [b, bias] : [b],
  };
}

function createBinary({ op, inputs, activation }: BinaryNode): Kernel {
  const name = op === "add" ? "Add" : "Multiply";
  const [left, right] = inputs.map((each) => typeof each === "number" ? each : upload(each)) as [
    ValueId | Tensor,
    ValueId | Tensor,
  ];
  return {
    run: (read) => {
      const a = typeof left === "number" ? read(left) : left;
      const b = typeof right === "number" ? read(right) : right;
      return activate(runKernel(name, { a, b }, {}), activation);
    },
    weights: [left, right].filter((each) => typeof each !== "number"),
  };
}

function runPool(x: Tensor, { op, window, strides, padding, activation }: PoolNode): Tensor {
  const [height, width] = window;
  // XNNPACK refuses to pool single pixels.
  if (height === 1 && width === 1) return activate(skipPixels(x, strides), activation);
  const name = op === "average_pool" ? "AvgPool" : "MaxPool";
  const pooled = runKernel(name, { x }, { filterSize: window, strides, pad: padding });
  return activate(pooled, activation);
}

function skipPixels(x: Tensor, [strideHeight, strideWidth]: [number, number]): Tensor {
  return runKernel("StridedSlice", { x }, {
    begin: [0, 0, 0, 0],
    end: x.shape,
    strides: [1, strideHeight, strideWidth, 1],
    beginMask: 0,
    endMask: 0,
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
  });
}

function runMean(x: Tensor, { axes, keepDimensions }: MeanNode): Tensor {
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const isImageMean = x.rank === 4 && axes.length === 2 && axes.includes(1) && axes.includes(2);
  if (!isImageMean || height * width === 1 || channels > AVERAGED_CHANNELS_MAX) {
    return runKernel("Mean", { x }, { axis: axes, keepDims: keepDimensions });
  }
  // The kernel for means transposes first; pooling the whole image takes a tenth of the time.
  const filterSize = [height, width];
  const pooled = runKernel("AvgPool", { x }, { filterSize, strides: [1, 1], pad: "valid" });
  return keepDimensions ? pooled : reshape(pooled, [channels]);
}

/** Hard swish is no kernel of the backend, so it runs behind the node. */
function fusedActivation(activation: Activation): Activation {
  return activation === "hard_swish" ? "linear" : activation;
}

/** Applies an activation and disposes its input. */
function activate(x: Tensor, activation: Activation): Tensor {
  if (activation === "linear") return x;
  const y = runActivation(x, activation);
  x.dispose();
  return y;
}

function runActivation(x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case "linear":
      return runKernel("Identity", { x }, {});
    case "relu":
      return runKernel("Relu", { x }, {});
    case "relu6":
      return runKernel("Relu6", { x }, {});
    case "hard_swish":
      // x * relu6(x + 3) / 6; its four images are freed at once and not at the end of the run.
      return tf.tidy(() => {
        const gate = runKernel("Relu6", { x: tf.add(x, 3) }, {});
        return tf.mul(tf.mul(x, gate), 1 / 6);
      });
  }
}

function toKernelPadding(padding: Padding): string | [number, number][] {
  return typeof padding === "string" ? padding : [[0, 0], ...padding, [0, 0]];
}
