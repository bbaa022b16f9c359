/**
 * The one form that convolutional models are turned into before they run: float32, NHWC, batch
 * first, with convolution, bias and activation fused into single nodes. The nodes stand in the
 * order in which they run.
 */

/** Applied to the output of the node that carries it. */
export type Activation = "linear" | "relu" | "relu6" | "hard_swish";

/** Spatial padding: TensorFlow's rules, or explicit `[before, after]` zeros for height and width. */
export type Padding = "same" | "valid" | [[number, number], [number, number]];

/** A constant, in row-major order. */
export interface Weight {
  shape: number[];
  values: Float32Array<ArrayBuffer>;
}

/** Names a value: the graph's input or the output of one node. */
export type ValueId = number;

interface NodeBase {
  output: ValueId;
  /** Where the node stood in its source file, for messages: `operator 12 (CONV_2D)`. */
  origin: string;
}

export interface ConvNode extends NodeBase {
  /**
   * `conv2d`: filter `[height, width, in, out]`.
   * `depthwise_conv2d`: filter `[height, width, channels, multiplier]`.
   */
  op: "conv2d" | "depthwise_conv2d";
  input: ValueId;
  filter: Weight;
  /** `[out]`, or `[channels * multiplier]`. */
  bias: Weight | undefined;
  strides: [number, number];
  dilations: [number, number];
  padding: Padding;
  activation: Activation;
}

/** `input [n, in] x kernel [in, out] + bias [out]`; an input of higher rank is flattened first. */
export interface DenseNode extends NodeBase {
  op: "dense";
  input: ValueId;
  kernel: Weight;
  bias: Weight | undefined;
  activation: Activation;
}

/** Element-wise with broadcasting; one side may be a constant. */
export interface BinaryNode extends NodeBase {
  op: "add" | "mul";
  inputs: [ValueId | Weight, ValueId | Weight];
  activation: Activation;
}

export interface PoolNode extends NodeBase {
  op: "average_pool" | "max_pool";
  input: ValueId;
  window: [number, number];
  strides: [number, number];
  padding: "same" | "valid";
  activation: Activation;
}

/** Mean over `axes` (counted with the batch axis as 0). */
export interface MeanNode extends NodeBase {
  op: "mean";
  input: ValueId;
  axes: number[];
  keepDimensions: boolean;
}

/** `shape` is the whole shape for batch 1; the executor puts the true batch in its first place. */
export interface ReshapeNode extends NodeBase {
  op: "reshape";
  input: ValueId;
  shape: number[];
}

/** Constant padding with zeros, `[before, after]` for every axis. */
export interface PadNode extends NodeBase {
  op: "pad";
  input: ValueId;
  paddings: [number, number][];
}

export interface ConcatNode extends NodeBase {
  op: "concat";
  inputs: ValueId[];
  axis: number;
  activation: Activation;
}

/** An activation that stands alone, or the softmax over the last axis. */
export interface UnaryNode extends NodeBase {
  op: "activation" | "softmax";
  input: ValueId;
  activation: Activation;
}

export type GraphNode =
  | ConvNode
  | DenseNode
  | BinaryNode
  | PoolNode
  | MeanNode
  | ReshapeNode
  | PadNode
  | ConcatNode
  | UnaryNode;

/** A whole network with one input and one output. */
export interface Graph {
  /** `[1, height, width, channels]`. */
  inputShape: number[];
  input: ValueId;
  nodes: GraphNode[];
  /** The last value before a final softmax (the output itself where there is none). */
  logits: ValueId;
  /** The input of the last dense layer (a 1x1 convolution over one position counts as dense). */
  features: ValueId;
  /** Length of one sample's feature vector. */
  featureLength: number;
  classCount: number;
}
