import { padUnits, RECURRENT_CELLS, type RecurrentCellName } from "./recurrent_cells.ts";

/**
 * Fields of LayerCall in kernels/recurrent/layer_call.ts and then of GradientCall in gradient_call.ts,
 * in their order: each takes four bytes.
 */
export const CALL_FIELDS = [
  "input",
  "mask",
  "weights",
  "bias",
  "initialHidden",
  "initialCell",
  "outputs",
  "finalHidden",
  "finalCell",
  "gates",
  "state",
  "constants",
  "history",
  "batch",
  "steps",
  "inputs",
  "units",
  "chunkSteps",
  "goBackwards",
  "activation",
  "recurrentActivation",
  "transposed",
  "outputGradients",
  "finalHiddenGradients",
  "finalCellGradients",
  "gateGradients",
  "initialHiddenGradients",
  "initialCellGradients",
  "products",
] as const;

/** One call of a layer or of its gradient: pointers are byte offsets; what is absent is 0. */
export type RecurrentCall = Partial<Record<(typeof CALL_FIELDS)[number], number>>;

/** Where the constants of the activations lie in the scratch tensor: behind the fields. */
export const CONSTANTS_AT = 32;
/** Float32 values before the gates in the scratch tensor: fields, constants, and the rest of a line. */
export const HEADER_LENGTH = 64;
/** Rows whose input is projected at once: enough to fill tiles, few enough to stay in the cache. */
const CHUNK_ROWS = 256;
/** Rows of a tile of the matrix product. */
const TILE_ROWS = 4;
/** Rows of state for each sample: hidden, cell, candidate. */
export const STATE_ROWS = 3;
const FLOAT_BYTES = 4;
/** Of a line of the cache. */
const LINE_BYTES = 64;
/** Float32 values that a tensor has beyond its own, so that a part of it may start at a line. */
export const LINE_LENGTH = LINE_BYTES / FLOAT_BYTES;

/** What decides the size of the scratch tensor. */
export interface RecurrentSizes {
  /** Kind of cell. */
  cell: RecurrentCellName;
  /** Samples. */
  batch: number;
  /** Steps of each. */
  steps: number;
  /** Length of the hidden state. */
  units: number;
}

/** Where the parts of the scratch tensor lie, in float32 values from its start. */
export interface ScratchLayout {
  /** Steps whose gates are held at once. */
  chunkSteps: number;
  /** `[batch, chunkSteps, gates, paddedUnits]` */
  gates: number;
  /** `[3, batch, paddedUnits]` */
  state: number;
  /** Of the whole. */
  length: number;
}

/** Lays the scratch tensor of a call out. */
export function layOutScratch({ cell, batch, steps, units }: RecurrentSizes): ScratchLayout {
  const rowsPerSample = Math.floor(CHUNK_ROWS / batch / TILE_ROWS) * TILE_ROWS;
  const chunkSteps = Math.min(steps, Math.max(rowsPerSample, 1));
  const rowLength = padUnits(units);
  const gates = HEADER_LENGTH;
  const state = gates + batch * chunkSteps * RECURRENT_CELLS[cell].gates * rowLength;
  return { chunkSteps, gates, state, length: state + STATE_ROWS * batch * rowLength };
}

/** Writes the fields of a call at `offset`, a byte offset, of the backend's memory. */
export function writeCall(
  memory: WebAssembly.Memory,
  { offset, call }: { offset: number; call: RecurrentCall },
): void {
  // Views end when the memory grows, so this one is made anew each time.
  const fields = new Int32Array(memory.buffer, offset, CALL_FIELDS.length);
  CALL_FIELDS.forEach((name, index) => fields[index] = call[name] ?? 0);
}

/** Where the parts of packed weights lie: byte offsets. */
export interface PackedPlaces {
  /** `[gates, paddedUnits]`, and of a GRU that resets after the candidate's second bias. */
  bias: number;
  /** The two matrices in panels. */
  weights: number;
}

/**
 * Finds the parts of packed weights. The allocator of the backend aligns to 8 bytes; a step reads all
 * of the matrices, a sixth faster where no vector of them straddles two lines of the cache.
 *
 * @param start byte offset of the tensor
 */
export function locatePacked(
  start: number,
  { cell, units }: Pick<RecurrentSizes, "cell" | "units">,
): PackedPlaces {
  const end = toByteOffset(start, countBias({ cell, units }));
  return { bias: start, weights: Math.ceil(end / LINE_BYTES) * LINE_BYTES };
}

/** Float32 values of the bias of packed weights. */
export function countBias({ cell, units }: Pick<RecurrentSizes, "cell" | "units">): number {
  const { gates, hasRecurrentBias } = RECURRENT_CELLS[cell];
  return (gates + Number(hasRecurrentBias)) * padUnits(units);
}

/** Byte offset of a part of a tensor. */
export function toByteOffset(start: number, floats: number): number {
  return start + floats * FLOAT_BYTES;
}
