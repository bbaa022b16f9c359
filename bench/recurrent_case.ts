import { RECURRENT_CELLS, type RecurrentCellName } from "../models/kernels/recurrent_cells.ts";

/** One layer to measure. */
export interface RecurrentCase {
  cell: RecurrentCellName;
  batch: number;
  steps: number;
  inputs: number;
  units: number;
}

/** Weights in the layout of Keras. */
export interface CaseWeights {
  /** `[inputs, gates * units]` */
  kernel: Float32Array<ArrayBuffer>;
  /** `[units, gates * units]` */
  recurrentKernel: Float32Array<ArrayBuffer>;
  /** `[gates * units]` */
  bias: Float32Array<ArrayBuffer>;
}

/** The same numbers in every process, small enough to keep the state in bounds. */
export function makeCaseWeights({ cell, inputs, units }: RecurrentCase): CaseWeights {
  const columns = RECURRENT_CELLS[cell].gates * units;
  return {
    kernel: makeNoise(inputs * columns, { seed: 1, scale: 1 / Math.sqrt(inputs) }),
    recurrentKernel: makeNoise(units * columns, { seed: 2, scale: 1 / Math.sqrt(units) }),
    bias: makeNoise(columns, { seed: 3, scale: 0.5 }),
  };
}

/** `[batch, steps, inputs]`, in [-1, 1). */
export function makeCaseInput({ batch, steps, inputs }: RecurrentCase): Float32Array<ArrayBuffer> {
  return makeNoise(batch * steps * inputs, { seed: 4, scale: 1 });
}

/** Uniform in [-scale, scale), by the generator of Numerical Recipes. */
function makeNoise(length: number, { seed, scale }: { seed: number; scale: number }) {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}
