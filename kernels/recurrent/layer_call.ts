import { FLOAT_BYTES, padColumns } from "./vectors";

/**
 * What one call computes: 32-bit fields in this order, which the host writes at the start of the
 * scratch tensor (CALL_FIELDS in recurrent_call.ts). The module has no memory of its own. All values
 * are float32, but for the mask; pointers are 0 where a thing is absent.
 */
@unmanaged
export class LayerCall {
  /** [batch, steps, inputs]; where absent, the gates hold its product already */
  input: usize;
  /** uint8 [batch, steps]: 0 keeps the state as it is */
  mask: usize;
  /** Panels: [inputs, gates * paddedUnits], then [units, gates * paddedUnits]. */
  weights: usize;
  /** [gates, paddedUnits], and, where a GRU resets afterwards, [paddedUnits] of its candidate */
  bias: usize;
  /** [batch, units]; zeros where absent */
  initialHidden: usize;
  /** [batch, units]; zeros where absent */
  initialCell: usize;
  /** [batch, steps, units] */
  outputs: usize;
  /** [batch, units] */
  finalHidden: usize;
  /** [batch, units] */
  finalCell: usize;
  /** Sums, then values: a step activates its own in place. [batch, chunkSteps, gates, paddedUnits] */
  gates: usize;
  /** [3, batch, paddedUnits] */
  state: usize;
  /** Room for the constants of the activations. */
  constants: usize;
  /** Where a gradient will want it, the state before each step: [rows, steps + 1, batch, paddedUnits] */
  history: usize;
  batch: i32;
  steps: i32;
  inputs: i32;
  units: i32;
  /** Steps whose input is projected at once. */
  chunkSteps: i32;
  /** 1 to read the input from its end. */
  goBackwards: i32;
  activation: i32;
  recurrentActivation: i32;

  /** Units, rounded up to whole panels: rows of gates and state have this length. */
  @inline
  get paddedUnits(): i32 {
    return padColumns(this.units);
  }

  /** Bytes of a row of the state. */
  @inline
  get rowBytes(): i32 {
    return padColumns(this.units) * FLOAT_BYTES;
  }

  /** [batch, paddedUnits] */
  @inline
  get hidden(): usize {
    return this.state;
  }

  /** The cell of an LSTM. [batch, paddedUnits] */
  @inline
  get cell(): usize {
    return this.state + this.batch * this.rowBytes;
  }

  /** A row of the history: 0 is the hidden state. [batch, paddedUnits] */
  historyAt(row: i32, step: i32): usize {
    return this.history + (row * (this.steps + 1) + step) * this.batch * this.rowBytes;
  }

  /** What a GRU multiplies by its candidate's weights, or gets from them. [batch, paddedUnits] */
  @inline
  get candidate(): usize {
    return this.state + 2 * this.batch * this.rowBytes;
  }
}
