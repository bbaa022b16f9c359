/** What the kernels know of one kind of recurrent cell. */
export interface RecurrentCell {
  /** Gates per unit, in the order of Keras: columns of the weights. */
  readonly gates: number;
  /** 1, or 2 where a cell state goes with the hidden state. */
  readonly states: number;
  /** Function of the WebAssembly module. */
  readonly run: "runSimpleRnn" | "runLstm" | "runGru" | "runGruResetAfter";
  /** Whether a second bias is added to the product of the hidden state. */
  readonly hasRecurrentBias: boolean;
}

/** Names of the cells; `GRUResetAfter` is the GRU of cuDNN and PyTorch, and Keras's default. */
export type RecurrentCellName = "SimpleRNN" | "LSTM" | "GRU" | "GRUResetAfter";

/**
 * The cells, with `u` units and `d` inputs. Weights are in the layout of Keras: kernel
 * `[d, gates * u]`, recurrent kernel `[u, gates * u]`, bias `[gates * u]`. Gates: LSTM i, f, c, o;
 * GRU z, r, h.
 */
export const RECURRENT_CELLS: Readonly<Record<RecurrentCellName, RecurrentCell>> = {
  SimpleRNN: { gates: 1, states: 1, run: "runSimpleRnn", hasRecurrentBias: false },
  LSTM: { gates: 4, states: 2, run: "runLstm", hasRecurrentBias: false },
  GRU: { gates: 3, states: 1, run: "runGru", hasRecurrentBias: false },
  // Its bias is [2, 3u]: of the input's product and of the hidden state's.
  GRUResetAfter: { gates: 3, states: 1, run: "runGruResetAfter", hasRecurrentBias: true },
};

/** Activations that the kernels compute, each at the number by which the module knows it. */
export const RECURRENT_ACTIVATIONS = ["tanh", "sigmoid", "hardSigmoid", "relu", "linear"] as const;
/** One of {@linkcode RECURRENT_ACTIVATIONS}. */
export type RecurrentActivation = (typeof RECURRENT_ACTIVATIONS)[number];

/** Columns of a panel of packed weights: units are padded to a multiple of it. */
const PANEL_COLUMNS = 8;

/** Units of a cell, rounded up to whole panels. */
export function padUnits(units: number): number {
  return Math.ceil(units / PANEL_COLUMNS) * PANEL_COLUMNS;
}
