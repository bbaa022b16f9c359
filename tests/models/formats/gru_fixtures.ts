import { createFiles, type ModelJson } from "./tfjs_fixtures.ts";
import { pattern } from "./tflite_parts.ts";

/** Sizes of the network below. */
export const GRU_SIZES = { tokens: 5, inputs: 2, units: 3 };

/** Its weights by name, row-major. */
export type GruWeights = Record<
  | "embedding/embeddings"
  | "gru/kernel"
  | "gru/recurrent_kernel"
  | "gru/bias"
  | "head/kernel"
  | "head/bias",
  number[]
>;

/** The layers of shakespeare-gru. */
export function makeGru(
  { dense = {} }: { dense?: ModelJson } = {},
): { files: ReturnType<typeof createFiles>; weights: GruWeights } {
  const { tokens, inputs, units } = GRU_SIZES;
  const shapes: Record<keyof GruWeights, number[]> = {
    "embedding/embeddings": [tokens, inputs],
    "gru/kernel": [inputs, 3 * units],
    "gru/recurrent_kernel": [units, 3 * units],
    "gru/bias": [3 * units],
    "head/kernel": [units, tokens],
    "head/bias": [tokens],
  };
  const entries = Object.entries(shapes).map(([name, shape], index) => ({
    name,
    shape,
    values: [...pattern(shape.reduce((product, size) => product * size, 1), index + 1)],
  }));
  const layer = (class_name: string, config: ModelJson) => ({ class_name, config });
  const layers = [
    layer("Embedding", {
      name: "embedding",
      batch_input_shape: [null, null],
      input_dim: tokens,
      output_dim: inputs,
    }),
    layer("GRU", {
      name: "gru",
      units,
      // As orthogonal ones cannot be made for every size.
      recurrent_initializer: "zeros",
      activation: "tanh",
      recurrent_activation: "sigmoid",
      reset_after: false,
    }),
    layer("Dense", { name: "head", units: tokens, activation: "linear", ...dense }),
  ];
  const modelTopology = {
    model_config: { class_name: "Sequential", config: { name: "gru", layers } },
  };
  const files = createFiles({ modelTopology }, { weights: entries });
  const weights = Object.fromEntries(entries.map(({ name, values }) => [name, values]));
  return { files, weights: weights as GruWeights };
}

/** The next state by Cho et al. 2014, in plain numbers. */
export function stepGru(state: number[], token: number, weights: GruWeights): number[] {
  const { inputs, units } = GRU_SIZES;
  const x = weights["embedding/embeddings"].slice(token * inputs, (token + 1) * inputs);
  const product = (vector: number[], matrix: number[], column: number) =>
    vector.reduce((sum, value, row) => sum + value * (matrix[row * 3 * units + column] ?? NaN), 0);
  const gate = (column: number, hidden: number[]) =>
    product(x, weights["gru/kernel"], column) +
    product(hidden, weights["gru/recurrent_kernel"], column) +
    (weights["gru/bias"][column] ?? NaN);
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
  const reset = state.map((value, unit) => value * sigmoid(gate(units + unit, state)));
  return state.map((value, unit) => {
    const update = sigmoid(gate(unit, state));
    const candidate = Math.tanh(gate(2 * units + unit, reset));
    return update * value + (1 - update) * candidate;
  });
}

/** The logits after a state, in plain numbers. */
export function readGruLogits(state: number[], weights: GruWeights): number[] {
  const { tokens } = GRU_SIZES;
  return weights["head/bias"].map((bias, token) => {
    const kernel = weights["head/kernel"];
    return state.reduce(
      (sum, value, unit) => sum + value * (kernel[unit * tokens + token] ?? NaN),
      bias,
    );
  });
}
