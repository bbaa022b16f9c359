import { ServiceError } from "../../lib/service_error.ts";
import type { Activation, ConvNode, GraphNode, ValueId, Weight } from "./graph.ts";
import type { TfliteOperator } from "./tflite_reader.ts";
import * as schema from "./tflite_schema.ts";

/** One operator and its inputs, as the converters see them. */
export interface OperatorScope {
  /** As it stands in the file. */
  operator: TfliteOperator;
  /** The value that it gives. */
  output: ValueId;
  /** The shape that the file declares for the output. */
  outputShape(): number[];
  /** The declared number of axes of the first input. */
  inputRank(): number;
  /** A new value that stands in no file. */
  createValue(): ValueId;
  /** Whether the input at `position` is a constant of the file. */
  isConstant(position: number): boolean;
  /** The input at `position`, which must be computed. */
  value(position: number): ValueId;
  /** The input at `position`, which must be a constant. */
  weight(position: number): Weight;
  /** As `weight()`, `undefined` where the operator leaves the input out. */
  optionalWeight(position: number): Weight | undefined;
  /** The input at `position`, which must be a constant of integers. */
  integers(position: number): number[];
}

/** Converts an operator into the nodes that do its work, the last of which gives its output. */
type Converter = (scope: OperatorScope) => GraphNode[];

/** Every operator that is computed; QUANTIZE and DEQUANTIZE only rename a value. */
const CONVERTERS: ReadonlyMap<string, Converter> = new Map(Object.entries<Converter>({
  CONV_2D: (scope) => [convertConvolution(scope, "conv2d")],
  DEPTHWISE_CONV_2D: (scope) => [convertConvolution(scope, "depthwise_conv2d")],
  FULLY_CONNECTED: convertFullyConnected,
  ADD: (scope) => [convertBinary(scope, "add")],
  MUL: (scope) => [convertBinary(scope, "mul")],
  AVERAGE_POOL_2D: (scope) => [convertPool(scope, "average_pool")],
  MAX_POOL_2D: (scope) => [convertPool(scope, "max_pool")],
  MEAN: (scope) => [convertMean(scope)],
  RESHAPE: (scope) => [convertReshape(scope)],
  SQUEEZE: (scope) => [convertReshape(scope)],
  PAD: (scope) => [convertPad(scope)],
  CONCATENATION: (scope) => [convertConcatenation(scope)],
  SOFTMAX: (scope) => [convertSoftmax(scope)],
  RELU: (scope) => [convertActivation(scope, "relu")],
  RELU6: (scope) => [convertActivation(scope, "relu6")],
  HARD_SWISH: (scope) => [convertActivation(scope, "hard_swish")],
}));

/**
 * Converts one operator of a TensorFlow Lite file.
 *
 * @throws {ServiceError} `unsupported_operator`, naming the operator and where it stands
 * @throws {SyntaxError} if its weights cannot be read
 */
export function convertOperator(scope: OperatorScope): GraphNode[] {
  const convert = CONVERTERS.get(scope.operator.name);
  if (convert === undefined) throw unsupported(scope.operator, "");
  return convert(scope);
}

function convertConvolution(scope: OperatorScope, op: ConvNode["op"]): ConvNode {
  const { options, origin } = scope.operator;
  const fields = op === "conv2d" ? schema.CONV_OPTIONS : schema.DEPTHWISE_OPTIONS;
  const stored = scope.weight(1);
  return {
    op,
    origin,
    output: scope.output,
    input: scope.value(0),
    filter: op === "conv2d" ? moveFirstAxisLast(stored) : splitMultiplier(scope, stored),
    bias: scope.optionalWeight(2),
    strides: [options.int32(fields.strideHeight), options.int32(fields.strideWidth)],
    dilations: [options.int32(fields.dilationHeight, 1), options.int32(fields.dilationWidth, 1)],
    padding: readPadding(scope, fields.padding),
    activation: readActivation(scope, fields.activation),
  };
}

/** `[1, height, width, channels * multiplier]` -> `[height, width, channels, multiplier]`. */
function splitMultiplier({ operator }: OperatorScope, { shape, values }: Weight): Weight {
  const [one, height = 0, width = 0, outChannels = 0] = shape;
  const multiplier = operator.options.int32(schema.DEPTHWISE_OPTIONS.multiplier);
  const channels = outChannels / multiplier;
  if (shape.length !== 4 || one !== 1 || !Number.isInteger(channels)) {
    throw new SyntaxError(
      `${operator.origin} has a filter of shape [${shape.join(", ")}] and multiplier ${multiplier}`,
    );
  }
  return { shape: [height, width, channels, multiplier], values };
}

/** `[out, ...rest]` -> `[...rest, out]`, so that the values of one position stand together. */
function moveFirstAxisLast({ shape, values }: Weight): Weight {
  const [out = 1, ...rest] = shape;
  const inner = values.length / out;
  const moved = new Float32Array(values.length);
  for (let i = 0; i < out; i++) {
    for (let j = 0; j < inner; j++) moved[j * out + i] = values[i * inner + j] ?? 0;
  }
  return { shape: [...rest, out], values: moved };
}

/** The layer's own rank is kept by a second node where the file wants more than two axes. */
function convertFullyConnected(scope: OperatorScope): GraphNode[] {
  const { origin, options } = scope.operator;
  const { activation, weightsFormat } = schema.FULLY_CONNECTED_OPTIONS;
  if (options.int8(weightsFormat) !== 0) {
    throw unsupported(scope.operator, " with shuffled weights");
  }
  const reshaped = scope.outputShape().length > 2;
  const dense: GraphNode = {
    op: "dense",
    origin,
    output: reshaped ? scope.createValue() : scope.output,
    input: scope.value(0),
    kernel: moveFirstAxisLast(scope.weight(1)),
    bias: scope.optionalWeight(2),
    activation: readActivation(scope, activation),
  };
  if (!reshaped) return [dense];
  return [dense, { ...convertReshape(scope), input: dense.output }];
}

function convertBinary(scope: OperatorScope, op: "add" | "mul"): GraphNode {
  const [a, b] = [0, 1].map((position) => {
    return scope.isConstant(position) ? scope.weight(position) : scope.value(position);
  }) as [ValueId | Weight, ValueId | Weight];
  if (typeof a !== "number" && typeof b !== "number") {
    throw unsupported(scope.operator, " of two constants");
  }
  const activation = readActivation(scope, schema.BINARY_OPTIONS.activation);
  return { op, origin: scope.operator.origin, output: scope.output, inputs: [a, b], activation };
}

function convertPool(scope: OperatorScope, op: "average_pool" | "max_pool"): GraphNode {
  const { options, origin } = scope.operator;
  const fields = schema.POOL_OPTIONS;
  return {
    op,
    origin,
    output: scope.output,
    input: scope.value(0),
    window: [options.int32(fields.windowHeight), options.int32(fields.windowWidth)],
    strides: [options.int32(fields.strideHeight), options.int32(fields.strideWidth)],
    padding: readPadding(scope, fields.padding),
    activation: readActivation(scope, fields.activation),
  };
}

function convertMean(scope: OperatorScope): GraphNode {
  const { options, origin } = scope.operator;
  return {
    op: "mean",
    origin,
    output: scope.output,
    input: scope.value(0),
    axes: scope.integers(1).map((axis) => countFromFront(axis, scope.inputRank())),
    keepDimensions: options.int8(schema.REDUCER_OPTIONS.keepDimensions) !== 0,
  };
}

/**
 * The file declares the shape of every output, so neither the constant nor the option that also
 * give it is needed. A vector gets back the batch axis that the file squeezed away.
 */
function convertReshape(scope: OperatorScope): GraphNode & { op: "reshape" } {
  const declared = scope.outputShape();
  const shape = declared.length < 2 ? [1, ...declared] : declared;
  const { origin } = scope.operator;
  return { op: "reshape", origin, output: scope.output, input: scope.value(0), shape };
}

function convertPad(scope: OperatorScope): GraphNode {
  const flat = scope.integers(1);
  const paddings = Array.from({ length: Math.ceil(flat.length / 2) }, (_, axis) => {
    return [flat[2 * axis] ?? NaN, flat[2 * axis + 1] ?? NaN] as [number, number];
  });
  const { origin } = scope.operator;
  return { op: "pad", origin, output: scope.output, input: scope.value(0), paddings };
}

function convertConcatenation(scope: OperatorScope): GraphNode {
  const { options, origin, inputs } = scope.operator;
  const fields = schema.CONCATENATION_OPTIONS;
  return {
    op: "concat",
    origin,
    output: scope.output,
    inputs: inputs.map((_, position) => scope.value(position)),
    axis: countFromFront(options.int32(fields.axis), scope.inputRank()),
    activation: readActivation(scope, fields.activation),
  };
}

function convertSoftmax(scope: OperatorScope): GraphNode {
  const beta = scope.operator.options.float32(schema.SOFTMAX_OPTIONS.beta);
  if (beta !== 1) throw unsupported(scope.operator, ` with beta ${beta}`);
  return {
    op: "softmax",
    origin: scope.operator.origin,
    output: scope.output,
    input: scope.value(0),
  };
}

function convertActivation(scope: OperatorScope, activation: Activation): GraphNode {
  const { origin } = scope.operator;
  return { op: "activation", origin, output: scope.output, input: scope.value(0), activation };
}

function countFromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function readPadding({ operator }: OperatorScope, field: number): "same" | "valid" {
  const value = operator.options.int8(field);
  if (value !== 0 && value !== 1) throw unsupported(operator, ` with padding ${value}`);
  return value === 0 ? "same" : "valid";
}

function readActivation({ operator }: OperatorScope, field: number): Activation {
  const value = operator.options.int8(field);
  const name = schema.ACTIVATIONS[value] ?? value;
  if (name === "NONE") return "linear";
  if (name === "RELU") return "relu";
  if (name === "RELU6") return "relu6";
  throw unsupported(operator, ` with activation ${name}`);
}

function unsupported({ origin }: TfliteOperator, detail: string): ServiceError {
  return new ServiceError(
    "unsupported_operator",
    `Cannot use model as ${origin}${detail} is not supported`,
  );
}
