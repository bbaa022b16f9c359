import * as tf from "@tensorflow/tfjs-core";
import type { Tensor } from "../tensors.ts";
import type { RecurrentCellName } from "./recurrent_cells.ts";
import {
  type PackedRecurrentWeights,
  packRecurrentWeights,
  type RecurrentWeights,
} from "./run_recurrent.ts";

interface PackedEntry {
  /** The memory that the weights were in when they were packed: an assignment changes it. */
  dataIds: (object | undefined)[];
  weights: PackedRecurrentWeights;
}

const entries = new WeakMap<Tensor, PackedEntry>();

/**
 * Packs the weights of a layer at their first use and again whenever they have changed. What is
 * packed lives as long as the variable of the recurrent kernel, and is freed together with it.
 *
 * @returns weights that belong to this function: the caller does not dispose them
 */
export function packOnce(
  cell: RecurrentCellName,
  weights: RecurrentWeights,
): PackedRecurrentWeights {
  const { kernel, recurrentKernel, bias } = weights;
  const dataIds = [kernel.dataId, recurrentKernel.dataId, bias?.dataId];
  const known = entries.get(recurrentKernel);
  if (known?.dataIds.every((dataId, index) => dataId === dataIds[index])) return known.weights;
  if (!known) disposeTogether(recurrentKernel);
  known?.weights.packed.dispose();
  const packed = packRecurrentWeights(cell, weights);
  tf.keep(packed.packed);
  entries.set(recurrentKernel, { dataIds, weights: packed });
  return packed;
}

/** A layer, a model and the loaders all free a variable by its `dispose()`. */
function disposeTogether(recurrentKernel: Tensor): void {
  const dispose = recurrentKernel.dispose;
  recurrentKernel.dispose = () => {
    entries.get(recurrentKernel)?.weights.packed.dispose();
    entries.delete(recurrentKernel);
    recurrentKernel.dispose = dispose;
    recurrentKernel.dispose();
  };
}
