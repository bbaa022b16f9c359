/** TensorFlow.js's tensor types under names that are documented here. */
import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** A tensor of any rank. Whoever gets one disposes of it, unless its giver says otherwise. */
export type Tensor = tf.Tensor;

/** A tensor whose values training changes in place. */
export type Variable = tf.Variable;

/** A tensor of rank 2, mostly `[n, length]`. */
export type Tensor2D = tf.Tensor2D;

/** A tensor of rank 3, mostly `[n, steps, channels]`. */
export type Tensor3D = tf.Tensor3D;

/** A tensor of rank 4, mostly `[n, height, width, channels]`. */
export type Tensor4D = tf.Tensor4D;

/** Name, shape, type and quantisation of one weight in a TensorFlow.js model file. */
export type WeightSpec = tf.io.WeightsManifestEntry;

/** The inputs and outputs that a TensorFlow.js model file names. */
export type ModelSignature = Record<string, unknown> | undefined;

/** A network of TensorFlow.js's layers. */
export type LayersNetwork = tfl.LayersModel;

/** A value inside of a {@linkcode LayersNetwork}, before anything is computed. */
export type LayerValue = tfl.SymbolicTensor;

/** What kernels get and give instead of tensors: shape, type and where the values are. */
export type TensorInfo = tf.TensorInfo;
