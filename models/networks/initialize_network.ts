import type { RandomSource } from "../../lib/random.ts";
import { RECURRENT_CELLS, type RecurrentCellName } from "../kernels/recurrent_cells.ts";
import type {
  EmbeddingLayer,
  LayeredNetwork,
  NetworkDenseLayer,
  NetworkLayer,
  RecurrentLayer,
} from "./layered_network.ts";

type Floats = Float32Array<ArrayBuffer>;

/** A layer that has no weights yet. */
export type LayerPlan =
  | { kind: "embedding"; units: number }
  | { kind: "recurrent"; cell: RecurrentCellName; units: number }
  | { kind: "dense"; units: number; activation: NetworkDenseLayer["activation"] };

/** What goes in and comes out of a network. */
export interface NetworkEnds {
  /** Size of the vocabulary where an embedding comes first, else length of a step or a vector. */
  inputs: number;
  /** Number of classes. */
  classes: number;
}

/** Keras's range of the first embeddings. */
const EMBEDDING_MAX = 0.05;

/**
 * Makes a network with first weights, as Keras does: uniform by Glorot and Bengio (2010) for what
 * reads an input, orthogonal for what reads a state, zeros for biases, ones for those of an LSTM's
 * forget gate (Jozefowicz et al. 2015). A dense layer of logits is added at the end.
 *
 * @param random its numbers decide all weights
 */
export function initializeNetwork(
  plans: readonly LayerPlan[],
  { inputs, classes, random }: NetworkEnds & { random: RandomSource },
): LayeredNetwork {
  const layers: NetworkLayer[] = [];
  let length = inputs;
  for (const plan of plans) {
    layers.push(initializeLayer(plan, { inputs: length, random }));
    length = plan.units;
  }
  return { layers: [...layers, initializeLogits({ inputs: length, classes, random })] };
}

/** A last layer with first weights. */
export function initializeLogits(
  { inputs, classes, random }: NetworkEnds & { random: RandomSource },
): NetworkDenseLayer {
  return initializeDense({ inputs, units: classes, random }, "linear");
}

interface LayerStart {
  inputs: number;
  units: number;
  random: RandomSource;
}

function initializeLayer(
  plan: LayerPlan,
  { inputs, random }: Omit<LayerStart, "units">,
): NetworkLayer {
  const start = { inputs, units: plan.units, random };
  switch (plan.kind) {
    case "embedding":
      return initializeEmbedding(start);
    case "recurrent":
      return initializeRecurrent(start, plan.cell);
    case "dense":
      return initializeDense(start, plan.activation);
  }
}

function initializeEmbedding({ inputs, units, random }: LayerStart): EmbeddingLayer {
  const weights = drawUniform(inputs * units, EMBEDDING_MAX, random);
  return { kind: "embedding", tokens: inputs, units, weights };
}

function initializeDense(
  { inputs, units, random }: LayerStart,
  activation: NetworkDenseLayer["activation"],
): NetworkDenseLayer {
  const limit = Math.sqrt(6 / (inputs + units));
  const weights = drawUniform(inputs * units, limit, random);
  return { kind: "dense", inputs, units, activation, weights, bias: new Float32Array(units) };
}

function initializeRecurrent(
  { inputs, units, random }: LayerStart,
  cell: RecurrentCellName,
): RecurrentLayer {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  const columns = gates * units;
  const kernel = drawUniform(inputs * columns, Math.sqrt(6 / (inputs + columns)), random);
  const recurrentKernel = drawOrthogonal({ rows: units, columns }, random);
  const bias = new Float32Array(hasRecurrentBias ? 2 * columns : columns);
  if (cell === "LSTM") bias.fill(1, units, 2 * units);
  return {
    kind: "recurrent",
    cell,
    inputs,
    units,
    activation: "tanh",
    recurrentActivation: cell === "SimpleRNN" ? "tanh" : "sigmoid",
    kernel,
    recurrentKernel,
    bias,
  };
}

function drawUniform(length: number, limit: number, random: RandomSource): Floats {
  return Float32Array.from({ length }, () => limit * (2 * random() - 1));
}

/**
 * A matrix with orthonormal rows, `rows <= columns`: normal numbers, made orthogonal row by row
 * (modified Gram-Schmidt).
 */
function drawOrthogonal(
  { rows, columns }: { rows: number; columns: number },
  random: RandomSource,
): Floats {
  const matrix = Float64Array.from({ length: rows * columns }, () => drawNormal(random));
  const rowAt = (row: number) => matrix.subarray(row * columns, (row + 1) * columns);
  for (let row = 0; row < rows; row++) {
    const current = rowAt(row);
    for (let earlier = 0; earlier < row; earlier++) {
      const other = rowAt(earlier);
      const along = dot(current, other);
      for (let i = 0; i < columns; i++) current[i] = (current[i] ?? 0) - along * (other[i] ?? 0);
    }
    const length = Math.sqrt(dot(current, current));
    for (let i = 0; i < columns; i++) current[i] = (current[i] ?? 0) / length;
  }
  return Float32Array.from(matrix);
}

/** By Box and Muller; 1 - u is never 0. */
function drawNormal(random: RandomSource): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
