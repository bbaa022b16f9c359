/** What the kernels know of one kind of recurrent cell. */
export interface RecurrentCell {
  /** Gates per unit, in the order of Keras: columns of the weights. */
  readonly gates: number;
  /** 1, or 2 where a cell state goes with the hidden state. */
  readonly states: number;
  /** Function of the WebAssembly module. */
  readonly run: "runSimpleRnn" | "runLstm" | "runGru" | "runGruResetAfter";
  /** Rows per step that its gradient needs: hidden state, and a cell state or a product. */
  readonly historyRows: number;
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
  SimpleRNN: {
    gates: 1,
    states: 1,
    run: "runSimpleRnn",
    historyRows: 1,
    hasRecurrentBias: false,
  },
  LSTM: { gates: 4, states: 2, run: "runLstm", historyRows: 2, hasRecurrentBias: false },
  GRU: { gates: 3, states: 1, run: "runGru", historyRows: 1, hasRecurrentBias: false },
  // Its bias is [2, 3u]: of the input's product and of the hidden state's.
  GRUResetAfter: {
    gates: 3,
    states: 1,
    run: "runGruResetAfter",
    historyRows: 2,
    hasRecurrentBias: true,
  },
};

/** Activations that the kernels compute, each at the number by which the module knows it. */
export const RECURRENT_ACTIVATIONS = ["tanh", "sigmoid", "hardSigmoid", "relu", "linear"] as const;
/** One of {@linkcode RECURRENT_ACTIVATIONS}. */
export type RecurrentActivation = (typeof RECURRENT_ACTIVATIONS)[number];

/** Attributes of the kernels that run a layer and its gradient. */
export interface RecurrentAttributes {
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Length of the hidden state. */
  units: number;
  /** Whether to read the input from its end. */
  goBackwards: boolean;
  /** Whether to give the outputs of all steps as well. */
  returnSequences: boolean;
  /** Whether to give what a gradient needs as well: the values of the gates, and the states. */
  keepHistory: boolean;
  /** Of the candidate and of the cell state. */
  activation: RecurrentActivation;
  /** Of the gates. */
  recurrentActivation: RecurrentActivation;
}

/** Columns of a panel of packed weights: units are padded to a multiple of it. */
const PANEL_COLUMNS = 8;

/** Units of a cell, rounded up to whole panels. */
export function padUnits(units: number): number {
  return Math.ceil(units / PANEL_COLUMNS) * PANEL_COLUMNS;
}
