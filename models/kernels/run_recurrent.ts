import type { Tensor, Tensor2D } from "../tensors.ts";
import {
  RECURRENT_CELLS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import { PACK_KERNEL, RECURRENT_KERNEL, runRecurrentKernel } from "./recurrent_kernels.ts";

/** Weights of a recurrent layer in the layout of Keras; see `RECURRENT_CELLS`. All float32. */
export interface RecurrentWeights {
  /** `[inputs, gates * units]` */
  kernel: Tensor;
  /** `[units, gates * units]` */
  recurrentKernel: Tensor;
  /** `[gates * units]`, or `[2, gates * units]` for a GRU that resets after; zeros where absent. */
  bias?: Tensor | undefined;
}

/** Weights in the order in which the kernels read them. Whoever packed them disposes `packed`. */
export interface PackedRecurrentWeights {
  /** Kind of cell. */
  readonly cell: RecurrentCellName;
  /** Length of one step of the input. */
  readonly inputs: number;
  /** Length of the hidden state. */
  readonly units: number;
  /** One vector, float32. */
  readonly packed: Tensor;
}

/** Settings of {@linkcode runRecurrent}. */
export interface RecurrentOptions {
  /** Of the candidate and of the cell state; `tanh` by default. */
  activation?: RecurrentActivation;
  /** Of the gates; `sigmoid` by default. */
  recurrentActivation?: RecurrentActivation;
  /** `[batch, steps]` bool: where it is 0, the state stays as it is and is the output once more. */
  mask?: Tensor | undefined;
  /** `[batch, units]` float32: hidden state, and cell state of an LSTM; zeros by default. */
  initialState?: Tensor[] | undefined;
  /** Reads the input from its last step to its first; outputs are in the order of reading. */
  goBackwards?: boolean;
  /** Whether the outputs of all steps are wanted. */
  returnSequences?: boolean;
}

/** What a recurrent layer gives. The caller disposes all of it. A type, so that `tf.tidy()` takes it. */
export type RecurrentResult = {
  /** `[batch, units]` float32: hidden state after the last step, and cell state of an LSTM. */
  state: Tensor2D[];
  /** `[batch, steps, units]` float32, where `returnSequences` asked for it. */
  outputs?: Tensor;
};

/**
 * Packs the weights of a layer for {@linkcode runRecurrent}: worth it wherever they are used twice.
 *
 * @throws {TypeError} if the shapes do not fit together or a type is not float32
 */
export function packRecurrentWeights(
  cell: RecurrentCellName,
  { kernel, recurrentKernel, bias }: RecurrentWeights,
): PackedRecurrentWeights {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const [inputs = 0] = kernel.shape;
  const [units = 0] = recurrentKernel.shape;
  const columns = gates * units;
  requireFloats("kernel", kernel, [Math.max(inputs, 1), columns]);
  requireFloats("recurrent kernel", recurrentKernel, [Math.max(units, 1), columns]);
  if (bias) requireFloats("bias", bias, hasRecurrentBias ? [2, columns] : [columns]);
  const [packed] = runRecurrentKernel(PACK_KERNEL, { kernel, recurrentKernel, bias }, { cell });
  return { cell, inputs, units, packed: packed as Tensor };
}

/**
 * Runs a recurrent layer in one call: the input's product for many steps at once, then the loop over
 * time in WebAssembly.
 *
 * @param x `[batch, steps, inputs]` float32
 * @throws {TypeError} if a shape or type does not fit the weights
 */
export function runRecurrent(
  x: Tensor,
  weights: PackedRecurrentWeights,
  options: RecurrentOptions = {},
): RecurrentResult {
  const { cell, units, packed } = weights;
  const { initialState, mask, returnSequences = false } = options;
  const { states } = RECURRENT_CELLS[cell];
  requireRecurrentInputs(x, weights, options);
  const [initialHidden, initialCell] = initialState ?? [];
  const results = runRecurrentKernel(RECURRENT_KERNEL, {
    x,
    weights: packed,
    mask,
    initialHidden,
    initialCell,
  }, {
    cell,
    units,
    returnSequences,
    keepHistory: false,
    goBackwards: options.goBackwards ?? false,
    activation: options.activation ?? "tanh",
    recurrentActivation: options.recurrentActivation ?? "sigmoid",
  });
  const state = results.slice(0, states) as Tensor2D[];
  const [outputs] = results.slice(states);
  return outputs ? { state, outputs } : { state };
}

/**
 * Checks what a layer is called with, before it reaches kernels that would read past its end.
 *
 * @throws {TypeError} if a shape or type does not fit the weights
 */
export function requireRecurrentInputs(
  x: Tensor,
  { cell, inputs, units }: PackedRecurrentWeights,
  { initialState, mask }: RecurrentOptions,
): void {
  const { states } = RECURRENT_CELLS[cell];
  const [batch = 0, steps = 0] = x.shape;
  requireFloats("input", x, [Math.max(batch, 1), Math.max(steps, 1), inputs]);
  if (initialState && initialState.length !== states) {
    throw new TypeError(
      `Cannot run ${cell} as its initial state must be ${states} tensors: ` +
        `found ${initialState.length}`,
    );
  }
  initialState?.forEach((each) => requireFloats("initial state", each, [batch, units]));
  if (mask) requireTensor("mask", mask, { dtype: "bool", shape: [batch, steps] });
}

function requireFloats(what: string, tensor: Tensor, shape: number[]): void {
  requireTensor(what, tensor, { dtype: "float32", shape });
}

function requireTensor(
  what: string,
  tensor: Tensor,
  { dtype, shape }: { dtype: Tensor["dtype"]; shape: number[] },
): void {
  const fits = tensor.rank === shape.length &&
    shape.every((size, axis) => size === tensor.shape[axis]);
  if (fits && tensor.dtype === dtype) return;
  throw new TypeError(
    `Cannot run recurrent layer as its ${what} must be ${dtype} of shape [${shape.join(", ")}]: ` +
      `found ${tensor.dtype} of shape [${tensor.shape.join(", ")}]`,
  );
}
