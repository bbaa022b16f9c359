import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import type { Tensor } from "../tensors.ts";
import { packOnce } from "./packed_weights.ts";
import {
  RECURRENT_ACTIVATIONS,
  type RecurrentActivation,
  type RecurrentCellName,
} from "./recurrent_cells.ts";
import { hasRecurrentKernels } from "./recurrent_kernels.ts";
import { ResetAfterGruCell } from "./reset_after_gru_cell.ts";
import { type RecurrentWeights, runRecurrent } from "./run_recurrent.ts";
import { trainRecurrent } from "./train_recurrent.ts";
import type {
  CallArguments,
  LayerActivation,
  RecurrentLayer,
  RecurrentLayerArguments,
  RecurrentLayerClass,
} from "./stock_layers.ts";

/**
 * Makes TensorFlow.js build `SimpleRNN`, `LSTM` and `GRU` layers that run on the recurrent kernels,
 * wherever it reads a model from JSON, also inside of `Bidirectional`, and with gradients. Such a GRU may reset after the
 * product (`reset_after`), which the stock one refuses. Layers that the kernels cannot run, and
 * threads whose backend lacks them, compute as before.
 *
 * It puts subclasses into the registry under the names of the stock layers, which stay as they are.
 * Calling it again changes nothing.
 */
export function registerFusedLayers(): void {
  if (isRegistered) return;
  isRegistered = true;
  const register = (stock: object, name: RecurrentCellName) => {
    const fused = fuse(stock.constructor as RecurrentLayerClass, name);
    tf.serialization.registerClass(fused as unknown as SerializableClass);
  };
  // The classes themselves are not exported.
  register(layers.simpleRNN({ units: 1 }), "SimpleRNN");
  register(layers.lstm({ units: 1 }), "LSTM");
  register(layers.gru({ units: 1 }), "GRU");
}

let isRegistered = false;

type SerializableClass = Parameters<typeof tf.serialization.registerClass>[0];

function fuse(stock: RecurrentLayerClass, name: RecurrentCellName) {
  return class extends stock {
    static override className = name;

    constructor(layerArguments: RecurrentLayerArguments) {
      const { resetAfter, ...rest } = layerArguments;
      super(rest);
      if (name === "GRU" && resetAfter) this.cell = new ResetAfterGruCell(rest);
    }

    override call(inputs: Tensor | Tensor[], call: CallArguments = {}): Tensor | Tensor[] {
      return runFused(this, { inputs, call }) ?? super.call(inputs, call);
    }
  };
}

/** `undefined` where the kernels cannot run the layer on this input. */
function runFused(
  layer: RecurrentLayer,
  { inputs, call }: { inputs: Tensor | Tensor[]; call: CallArguments },
): Tensor | Tensor[] | undefined {
  const { cell, returnSequences, returnState, goBackwards, stateful } = layer;
  const [x] = [inputs].flat();
  const [mask] = [call.mask].flat();
  const activation = toRecurrentActivation(cell.activation);
  const recurrentActivation = toRecurrentActivation(cell.recurrentActivation ?? cell.activation);
  const drops = call.training && (cell.dropout > 0 || cell.recurrentDropout > 0);
  if (!hasRecurrentKernels() || drops || !activation || !recurrentActivation) return;
  if (x?.rank !== 3 || x.dtype !== "float32" || (mask && mask.rank !== 2)) return;
  return tf.tidy(() => {
    const options = {
      activation,
      recurrentActivation,
      goBackwards,
      returnSequences,
      mask: mask ? tf.cast(mask, "bool") : undefined,
      initialState: call.initialState ?? (stateful ? layer.states : undefined),
    };
    const weights = readWeights(layer);
    const { state, outputs } = tf.engine().isTapeOn()
      ? trainRecurrent(x, weights, options)
      : runRecurrent(x, packOnce(weights.cell, weights), options);
    if (stateful) layer.resetStates(state, call.training);
    // The last output and the hidden state are the same numbers, but have one owner each.
    const output = outputs ?? (returnState ? tf.clone(state[0] as Tensor) : state[0] as Tensor);
    return returnState ? [output, ...state] : output;
  });
}

function readWeights(layer: RecurrentLayer): RecurrentWeights & { cell: RecurrentCellName } {
  const { cell } = layer;
  const name = cell instanceof ResetAfterGruCell ? "GRUResetAfter" : layer.getClassName();
  return {
    cell: name as RecurrentCellName,
    kernel: cell.kernel.read(),
    recurrentKernel: cell.recurrentKernel.read(),
    bias: cell.bias?.read(),
  };
}

function toRecurrentActivation(activation: LayerActivation): RecurrentActivation | undefined {
  return RECURRENT_ACTIVATIONS.find((name) => name === activation.getClassName());
}
