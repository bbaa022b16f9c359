/**
 * Numbers of TensorFlow Lite's schema, version 3: fields of tables by their position, and the enums
 * by their values (https://github.com/tensorflow/tensorflow, tensorflow/lite/schema/schema.fbs).
 */

/** Bytes 4 to 7 of a TensorFlow Lite file. */
export const FILE_IDENTIFIER = "TFL3";

/** Fields of `Model`, the root. */
export const MODEL = { version: 0, operatorCodes: 1, subgraphs: 2, buffers: 4 } as const;
/** Fields of `OperatorCode`. */
export const OPERATOR_CODE = { narrowBuiltin: 0, customName: 1, builtin: 3 } as const;
/** Fields of `SubGraph`. */
export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 } as const;
/** Fields of `Tensor`. */
export const TENSOR = { shape: 0, type: 1, buffer: 2, quantization: 4, sparsity: 6 } as const;
/** Fields of `QuantizationParameters`. */
export const QUANTIZATION = { scales: 2, zeroPoints: 3, details: 4, axis: 6 } as const;
/** Fields of `Operator`. */
export const OPERATOR = { code: 0, inputs: 1, outputs: 2, options: 4 } as const;
/** Fields of `Buffer`. */
export const BUFFER = { data: 0, offset: 1 } as const;

/** Fields of `Conv2DOptions`. */
export const CONV_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  activation: 3,
  dilationWidth: 4,
  dilationHeight: 5,
} as const;
/** Fields of `DepthwiseConv2DOptions`. */
export const DEPTHWISE_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  multiplier: 3,
  activation: 4,
  dilationWidth: 5,
  dilationHeight: 6,
} as const;
/** Fields of `Pool2DOptions`. */
export const POOL_OPTIONS = {
  padding: 0,
  strideWidth: 1,
  strideHeight: 2,
  windowWidth: 3,
  windowHeight: 4,
  activation: 5,
} as const;
/** Fields of `FullyConnectedOptions`. */
export const FULLY_CONNECTED_OPTIONS = { activation: 0, weightsFormat: 1 } as const;
/** Fields of `AddOptions` and `MulOptions`. */
export const BINARY_OPTIONS = { activation: 0 } as const;
/** Fields of `ConcatenationOptions`. */
export const CONCATENATION_OPTIONS = { axis: 0, activation: 1 } as const;
/** Fields of `ReducerOptions`. */
export const REDUCER_OPTIONS = { keepDimensions: 0 } as const;
/** Fields of `SoftmaxOptions`. */
export const SOFTMAX_OPTIONS = { beta: 0 } as const;

/** `TensorType` by value; types that are not listed are not read. */
export const TENSOR_TYPES: Partial<Record<number, TensorType>> = {
  0: "float32",
  1: "float16",
  2: "int32",
  3: "uint8",
  4: "int64",
  7: "int16",
  9: "int8",
};
/** How a tensor stores its elements. */
export type TensorType = keyof typeof TENSOR_TYPE_BYTES;
/** Bytes of one element. */
export const TENSOR_TYPE_BYTES = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  int64: 8,
  int16: 2,
  int8: 1,
} as const;

/** `ActivationFunctionType` by value. */
export const ACTIVATIONS: readonly string[] = [
  "NONE",
  "RELU",
  "RELU_N1_TO_1",
  "RELU6",
  "TANH",
  "SIGN_BIT",
];

/** The value of `BuiltinOperator` that stands for an operator with a name of its own. */
export const CUSTOM_OPERATOR = 32;

/** Names of `BuiltinOperator` by value, so that a refusal can name what it met. */
export const BUILTIN_OPERATORS: readonly string[] = (
  "ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE " +
  "EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D " +
  "LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 " +
  "RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS " +
  "SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER " +
  "BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE " +
  "UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT " +
  "LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG " +
  "PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE " +
  "EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD " +
  "REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV " +
  "REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU " +
  "SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE " +
  "RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE " +
  "NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM " +
  "BATCH_MATMUL"
).split(" ");
