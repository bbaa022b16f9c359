/**
 * The one form that convolutional models are turned into before they run: float32, NHWC, batch
 * first, with convolution, bias and activation fused into single nodes. The nodes stand in the
 * order in which they run.
 */

/** Applied to the output of the node that carries it. */
export type Activation = "linear" | "relu" | "relu6" | "hard_swish";

/** Spatial padding: TensorFlow's rules, or explicit `[before, after]` zeros for height and width. */
export type Padding = "same" | "valid" | [[number, number], [number, number]];

/** A constant. */
export interface Weight {
  /** Sizes of the axes; every one is at least 1. */
  shape: number[];
  /** In row-major order. */
  values: Float32Array<ArrayBuffer>;
}

/** Names a value: the graph's input or the output of one node. */
export type ValueId = number;

/** What every node has. */
export interface NodeBase<Op extends string> {
  /** Which kind of node it is. */
  op: Op;
  /** The value that it gives. */
  output: ValueId;
  /** Where the node stood in its source file, for messages: `operator 12 (CONV_2D)`. */
  origin: string;
}

/** A node that reads one computed value. */
export interface UnaryNode<Op extends string> extends NodeBase<Op> {
  /** The value that it reads. */
  input: ValueId;
}

/** Convolution of `[n, height, width, channels]` with bias and activation. */
export interface ConvNode extends UnaryNode<"conv2d" | "depthwise_conv2d"> {
  /**
   * `conv2d`: `[height, width, in, out]`.
   * `depthwise_conv2d`: `[height, width, channels, multiplier]`.
   */
  filter: Weight;
  /** `[out]`, or `[channels * multiplier]`. */
  bias: Weight | undefined;
  /** Steps of the window down and across, in pixels. */
  strides: [number, number];
  /** Distance of the filter's rows and columns, in pixels; 1 where they touch. */
  dilations: [number, number];
  /** Zeros around the image. */
  padding: Padding;
  /** Applied behind the bias. */
  activation: Activation;
}

/** `input [n, in] x kernel [in, out] + bias [out]`; an input of higher rank is flattened first. */
export interface DenseNode extends UnaryNode<"dense"> {
  /** `[in, out]`. */
  kernel: Weight;
  /** `[out]`. */
  bias: Weight | undefined;
  /** Applied behind the bias. */
  activation: Activation;
}

/** Element-wise with broadcasting. */
export interface BinaryNode extends NodeBase<"add" | "mul"> {
  /** Both sides; one may be a constant. */
  inputs: [ValueId | Weight, ValueId | Weight];
  /** Applied to the sum or the product. */
  activation: Activation;
}

/** Pooling of `[n, height, width, channels]`; padding never counts. */
export interface PoolNode extends UnaryNode<"average_pool" | "max_pool"> {
  /** Height and width in pixels. */
  window: [number, number];
  /** Steps of the window down and across, in pixels. */
  strides: [number, number];
  /** Whether the window may reach over the edge. */
  padding: "same" | "valid";
  /** Applied to the pooled values. */
  activation: Activation;
}

/** Mean over some axes. */
export interface MeanNode extends UnaryNode<"mean"> {
  /** Counted with the batch axis as 0, which is none of them. */
  axes: number[];
  /** Whether these axes stay, with size 1. */
  keepDimensions: boolean;
}

/** The same values under another shape. */
export interface ReshapeNode extends UnaryNode<"reshape"> {
  /** The whole shape for batch 1; the true batch takes its first place. */
  shape: number[];
}

/** Padding with zeros. */
export interface PadNode extends UnaryNode<"pad"> {
  /** `[before, after]` for every axis, the batch included. */
  paddings: [number, number][];
}

/** Values joined along one axis. */
export interface ConcatNode extends NodeBase<"concat"> {
  /** In order; a value may stand more than once. */
  inputs: ValueId[];
  /** Counted with the batch axis as 0, which it is not. */
  axis: number;
  /** Applied to the joined values. */
  activation: Activation;
}

/** An activation that stands alone. */
export interface ActivationNode extends UnaryNode<"activation"> {
  /** Applied to the input. */
  activation: Activation;
}

/** Softmax over the last axis. */
export type SoftmaxNode = UnaryNode<"softmax">;

/** One step of a network. */
export type GraphNode =
  | ConvNode
  | DenseNode
  | BinaryNode
  | PoolNode
  | MeanNode
  | ReshapeNode
  | PadNode
  | ConcatNode
  | ActivationNode
  | SoftmaxNode;

/** A network as a reader of a file format leaves it; `buildGraph()` makes a {@linkcode Graph} of it. */
export interface GraphDraft {
  /** `[1, height, width, channels]`. */
  inputShape: number[];
  /** The image. */
  input: ValueId;
  /** In the order in which they run. */
  nodes: GraphNode[];
  /** The scores. */
  output: ValueId;
}

/** A whole network with one input and one output, checked and ready to run. */
export interface Graph {
  /** `[1, height, width, channels]`. */
  inputShape: number[];
  /** The image. */
  input: ValueId;
  /** Only nodes that the logits and the features depend on. */
  nodes: GraphNode[];
  /** The shape of every value, for batch 1. */
  shapes: ReadonlyMap<ValueId, number[]>;
  /** The last value before a final softmax (the output itself where there is none). */
  logits: ValueId;
  /**
   * The input of the last dense layer (a 1x1 convolution over one position counts as dense). Where
   * the network does not end in one, the logits stand in.
   */
  features: ValueId;
  /** Length of one sample's feature vector. */
  featureLength: number;
  /** Length of one sample's vector of logits. */
  classCount: number;
  /** What the network itself applies to its logits. */
  outputActivation: OutputActivation;
}

/** What a network applies to its logits to make scores. */
export type OutputActivation = "linear" | "softmax" | "sigmoid";
