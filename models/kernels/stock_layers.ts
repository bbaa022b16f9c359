import { layers } from "@tensorflow/tfjs-layers";
import type { Tensor } from "../tensors.ts";

/** A weight of a layer of TensorFlow.js; `read()` gives the variable itself. */
export interface LayerWeight {
  /** The caller does not dispose it. */
  read(): Tensor;
}

/** An activation function of TensorFlow.js. */
export interface LayerActivation {
  /** As configurations name it: `tanh`, `hardSigmoid`. */
  getClassName(): string;
  /** Applies it to each value. */
  apply(x: Tensor): Tensor;
}

/** The part of a recurrent cell of TensorFlow.js that is used here; its types are not exported. */
export interface StockCell {
  /** Length of the hidden state. */
  units: number;
  /** `[inputs, gates * units]` */
  kernel: LayerWeight;
  /** `[units, gates * units]` */
  recurrentKernel: LayerWeight;
  /** `[gates * units]` */
  bias: LayerWeight | null;
  /** Of the candidate and of the cell state. */
  activation: LayerActivation;
  /** Of the gates; a simple cell has none. */
  recurrentActivation?: LayerActivation;
  /** Part of the input that training leaves out. */
  dropout: number;
  /** Part of the hidden state that training leaves out. */
  recurrentDropout: number;
}

/** The stock cell of a GRU, as its subclasses see it. */
export interface StockGruCell extends StockCell {
  /** Of the gates. */
  recurrentActivation: LayerActivation;
  /** Whether it has a bias. */
  useBias: boolean;
  /** Makes the first kernel. */
  kernelInitializer: unknown;
  /** Makes the first recurrent kernel. */
  recurrentInitializer: unknown;
  /** Makes the first bias. */
  biasInitializer: unknown;
  /** Adds to the loss. */
  kernelRegularizer: unknown;
  /** Adds to the loss. */
  recurrentRegularizer: unknown;
  /** Adds to the loss. */
  biasRegularizer: unknown;
  /** Applied after each update. */
  kernelConstraint: unknown;
  /** Applied after each update. */
  recurrentConstraint: unknown;
  /** Applied after each update. */
  biasConstraint: unknown;
  /** Whether it has its weights. */
  built: boolean;
  /** Creates a weight: name, shape, dtype, initializer, regularizer, trainable, constraint. */
  addWeight(...settings: unknown[]): LayerWeight;
  /** Sets all weights, in the order of their creation. */
  setWeights(weights: Tensor[]): void;
  /** What makes such a cell again. */
  getConfig(): Record<string, unknown>;
}

/** Class of such a cell. */
export interface StockGruCellClass {
  /** Makes a cell that is not built. */
  new (cellArguments: object): StockGruCell;
}

/** The class itself, which TensorFlow.js does not export. */
export const STOCK_GRU_CELL = layers.gruCell({ units: 1 })
  .constructor as unknown as StockGruCellClass;

/** What a layer is called with beside its input. */
export interface CallArguments {
  /** Where it is 0, a step is left out. `[batch, steps]` */
  mask?: Tensor | (Tensor | null)[] | null;
  /** Whether the call belongs to training. */
  training?: boolean;
  /** `[batch, units]` each. */
  initialState?: Tensor[] | null;
}

/** Configuration of a recurrent layer. */
export interface RecurrentLayerArguments {
  /** Whether a GRU resets after the product. */
  resetAfter?: boolean;
  /** What the stock layer takes. */
  [name: string]: unknown;
}

/** The part of a recurrent layer of TensorFlow.js that is used here. */
export interface RecurrentLayer {
  /** Holds the weights. */
  cell: StockCell;
  /** Whether it gives the outputs of all steps. */
  returnSequences: boolean;
  /** Whether it gives its final state as well. */
  returnState: boolean;
  /** Whether it reads from the last step to the first. */
  goBackwards: boolean;
  /** Whether a call starts from the state of the one before. */
  stateful: boolean;
  /** The state that is kept, if it is stateful. */
  states: Tensor[];
  /** Keeps a state for the next call. */
  resetStates(states: Tensor[], training?: boolean): void;
  /** Runs the layer. */
  call(inputs: Tensor | Tensor[], call: CallArguments): Tensor | Tensor[];
  /** As configurations name it. */
  getClassName(): string;
}

/** Class of such a layer. */
export interface RecurrentLayerClass {
  /** Makes a layer that is not built. */
  new (layerArguments: RecurrentLayerArguments): RecurrentLayer;
  /** As configurations name it. */
  className: string;
  /** Makes a layer from its configuration. */
  fromConfig(cls: unknown, config: unknown): unknown;
}
