import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import {
  CONSTANTS_AT,
  layOutScratch,
  locatePacked,
  type RecurrentCall,
  toByteOffset,
  writeCall,
} from "./recurrent_call.ts";
import {
  padUnits,
  RECURRENT_ACTIVATIONS,
  RECURRENT_CELLS,
  type RecurrentCell,
} from "./recurrent_cells.ts";
import { type RecurrentInstance, requireRecurrentInstance } from "./recurrent_instance.ts";
import { packTokenNetwork, type TokenNetwork } from "./token_network.ts";

const BATCH_LIMIT = 1024;
const FLOAT_BYTES = 4;

/**
 * Steps one or several sequences of tokens, which is what generation does for each character: a row
 * of a table, the recurrent product and the dense layer, in two calls of WebAssembly. It keeps no
 * sequence: the caller hands the states in and gets them back, so that sequences may come and go, and
 * move between threads.
 */
export class StepRunner implements Disposable {
  /** Number of tokens. */
  readonly vocabularyLength: number;
  /** Length of the hidden state. */
  readonly units: number;
  /** Rows of `units` in a state: 1, or 2 where a cell state goes with the hidden state. */
  readonly stateRows: number;
  /** Number of logits. */
  readonly classCount: number;
  /** Most sequences in one step. */
  readonly batchMax: number;

  readonly #cell: RecurrentCell;
  readonly #instance: RecurrentInstance = requireRecurrentInstance();
  readonly #tensors: Tensor[];
  /** What is the same in every step. */
  readonly #call: RecurrentCall & { gates: number; state: number };
  readonly #places: Places;

  /**
   * Copies the weights, so that the tensors of the network may go.
   *
   * @param batchMax most sequences in one step, 1 to 1,024
   * @throws {TypeError} if the shapes of the weights do not fit together
   * @throws {RangeError} if `batchMax` is out of range
   */
  constructor(network: TokenNetwork, { batchMax }: { batchMax: number }) {
    if (!Number.isInteger(batchMax) || batchMax < 1 || batchMax > BATCH_LIMIT) {
      throw new RangeError(
        `Cannot make step runner as batchMax must be an integer in [1, ${BATCH_LIMIT}]: ` +
          `current value is ${batchMax}`,
      );
    }
    const { cell, recurrent, embeddings, head } = network;
    const packed = packTokenNetwork(network);
    this.#cell = RECURRENT_CELLS[cell];
    this.batchMax = batchMax;
    this.units = recurrent.recurrentKernel.shape[0] ?? 0;
    this.stateRows = this.#cell.states;
    this.vocabularyLength = embeddings.shape[0] ?? 0;
    this.classCount = head.kernel.shape[1] ?? 0;
    const layout = layOutScratch({ cell, batch: batchMax, steps: 1, units: this.units });
    const statesLength = batchMax * this.stateRows * this.units;
    const logitsLength = batchMax * padUnits(this.classCount);
    const scratch = tf.zeros([layout.length + statesLength + logitsLength]);
    this.#tensors = [...Object.values(packed), scratch];
    for (const tensor of this.#tensors) tf.keep(tensor);

    // The memory of a tensor stays where it is, also when that of the backend grows.
    const locate = (tensor: Tensor) => this.#instance.backend.getMemoryOffset(tensor.dataId);
    const start = locate(scratch);
    const states = toByteOffset(start, layout.length);
    this.#places = {
      scratch: start,
      states,
      logits: toByteOffset(states, statesLength),
      table: locate(packed.table),
      head: locate(packed.head),
      headBias: locate(packed.headBias),
    };
    this.#call = {
      // The gates are given the product of the input instead.
      input: 0,
      ...locatePacked(locate(packed.recurrent), { cell, units: this.units }),
      initialHidden: states,
      finalHidden: states,
      gates: toByteOffset(start, layout.gates),
      state: toByteOffset(start, layout.state),
      constants: toByteOffset(start, CONSTANTS_AT),
      batch: 1,
      steps: 1,
      inputs: recurrent.kernel.shape[0] ?? 0,
      units: this.units,
      chunkSteps: 1,
      activation: RECURRENT_ACTIVATIONS.indexOf(network.activation ?? "tanh"),
      recurrentActivation: RECURRENT_ACTIVATIONS.indexOf(network.recurrentActivation ?? "sigmoid"),
    };
  }

  /**
   * Feeds each sequence one token.
   *
   * @param tokens one for each of n sequences, integers in [0, vocabularyLength)
   * @param state `[stateRows, n, units]`, zeros at the start of a sequence; overwritten with the
   * state after the step
   * @returns logits, `[n, classCount]`
   * @throws {RangeError} if a token or the number of sequences is out of range
   * @throws {TypeError} if the state has another length
   */
  step(tokens: ArrayLike<number>, state: Float32Array): Float32Array<ArrayBuffer> {
    this.#requireStep(tokens, state);
    const { length: n } = tokens;
    const { kernels, memory } = this.#instance;
    const { scratch, states, table } = this.#places;
    // Nothing in a step makes the memory grow, so one view serves it whole.
    const floats = new Float32Array(memory.buffer);
    floats.set(state, states / FLOAT_BYTES);
    const gatesLength = this.#cell.gates * padUnits(this.units);
    for (let sequence = 0; sequence < n; sequence++) {
      const row = table / FLOAT_BYTES + (tokens[sequence] ?? 0) * gatesLength;
      const target = this.#call.gates / FLOAT_BYTES + sequence * gatesLength;
      floats.copyWithin(target, row, row + gatesLength);
    }
    const cellState = this.stateRows > 1 ? toByteOffset(states, n * this.units) : 0;
    const call = { ...this.#call, batch: n, initialCell: cellState, finalCell: cellState };
    writeCall(memory, { offset: scratch, call });
    kernels[this.#cell.run](scratch);
    const start = states / FLOAT_BYTES;
    state.set(floats.subarray(start, start + state.length));
    return this.#runHead(floats, n);
  }

  /** Frees the weights. */
  dispose(): void {
    tf.dispose(this.#tensors);
  }

  /** The same at the end of a block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireStep(tokens: ArrayLike<number>, state: Float32Array): void {
    const { length: n } = tokens;
    if (n < 1 || n > this.batchMax) {
      throw new RangeError(
        `Cannot step as the number of sequences must be in [1, ${this.batchMax}]: found ${n}`,
      );
    }
    const wanted = this.stateRows * n * this.units;
    if (state.length !== wanted) {
      throw new TypeError(
        `Cannot step as the state must have ${wanted} values: found ${state.length}`,
      );
    }
    for (let sequence = 0; sequence < n; sequence++) {
      const token = tokens[sequence] ?? -1;
      if (Number.isInteger(token) && token >= 0 && token < this.vocabularyLength) continue;
      throw new RangeError(
        `Cannot step as a token must be an integer in [0, ${this.vocabularyLength}): ` +
          `found ${token}`,
      );
    }
  }

  /** The dense layer on the hidden states that the recurrent kernel has left behind. */
  #runHead(floats: Float32Array, n: number): Float32Array<ArrayBuffer> {
    const { logits, head, headBias } = this.#places;
    const rowLength = padUnits(this.classCount);
    const rowBytes = rowLength * FLOAT_BYTES;
    const bias = headBias / FLOAT_BYTES;
    const start = logits / FLOAT_BYTES;
    for (let sequence = 0; sequence < n; sequence++) {
      floats.copyWithin(start + sequence * rowLength, bias, bias + rowLength);
    }
    const hiddenBytes = padUnits(this.units) * FLOAT_BYTES;
    this.#instance.kernels.accumulateProduct(
      ...[this.#call.state, hiddenBytes, n, this.units, head, rowLength, logits, rowBytes] as const,
    );
    const result = new Float32Array(n * this.classCount);
    for (let sequence = 0; sequence < n; sequence++) {
      const row = start + sequence * rowLength;
      result.set(floats.subarray(row, row + this.classCount), sequence * this.classCount);
    }
    return result;
  }
}

/** Byte offsets of what a step reads and writes. */
interface Places {
  scratch: number;
  /** `[stateRows, n, units]` */
  states: number;
  /** `[n, paddedClasses]` */
  logits: number;
  table: number;
  head: number;
  headBias: number;
}
