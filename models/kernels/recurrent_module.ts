import { hasRelaxedSimd } from "../wasm_simd.ts";

/** The functions of the compiled kernels; pointers are byte offsets into the backend's memory. */
export interface RecurrentExports {
  /** Each runs one layer, as the fields at `call` say. */
  runSimpleRnn(call: number): void;
  /** LSTM. */
  runLstm(call: number): void;
  /** GRU that resets before the product. */
  runGru(call: number): void;
  /** GRU that resets after the product. */
  runGruResetAfter(call: number): void;
  /** Each goes back through the steps of the layer above, whose fields are followed by its own. */
  runSimpleRnnGradient(call: number): void;
  /** LSTM. */
  runLstmGradient(call: number): void;
  /** GRU that resets before the product. */
  runGruGradient(call: number): void;
  /** GRU that resets after the product. */
  runGruResetAfterGradient(call: number): void;
  /** Copies a matrix `[depth, gates * units]` into panels. */
  packMatrix(source: number, depth: number, gates: number, units: number, target: number): void;
  /**
   * Adds `left [rows, depth] * right` to `target [rows, columns]`: `right` is packed, `columns` is a
   * multiple of 8, and the rows are so many bytes apart.
   */
  accumulateProduct(
    left: number,
    leftBytes: number,
    rows: number,
    depth: number,
    right: number,
    columns: number,
    target: number,
    targetBytes: number,
  ): void;
  /** Adds a bias `[gates * units]` to one that is packed. */
  addBias(source: number, gates: number, units: number, target: number): void;
}

/**
 * The compiled recurrent kernels: with relaxed SIMD where the engine has it, which is a third
 * faster, with plain SIMD elsewhere. The module can be posted to workers.
 *
 * @throws {Error} if the binary cannot be loaded
 */
export async function loadRecurrentModule(): Promise<WebAssembly.Module> {
  const { recurrentModule } = hasRelaxedSimd()
    ? await import("./relaxed_simd_module.js")
    : await import("./simd_module.js");
  return recurrentModule;
}
