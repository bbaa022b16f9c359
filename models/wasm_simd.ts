/** The smallest module that uses a SIMD instruction: `i8x16.splat` in a function of no arguments. */
const SIMD_PROBE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0],
  ...[65, 0, 253, 15, 253, 98, 11],
]);

/** True where the engine runs WebAssembly SIMD. */
export function hasWasmSimd(): boolean {
  return WebAssembly.validate(SIMD_PROBE);
}

/** The same for relaxed SIMD: `f32x4.relaxed_madd` of three splats. */
const RELAXED_SIMD_PROBE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0],
  ...[65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11],
]);

/** True where the engine runs relaxed WebAssembly SIMD. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_SIMD_PROBE);
}

/**
 * Compiles nothing itself: imports the SIMD binary of TensorFlow.js, after a check that the engine
 * can run it, so that a machine without SIMD gets a sentence instead of a link error.
 *
 * @throws {Error} if the engine has no WebAssembly SIMD or the binary cannot be loaded
 */
export async function loadTfjsWasmModule(): Promise<WebAssembly.Module> {
  if (!hasWasmSimd()) {
    throw new Error(
      "Cannot start the WASM backend as this machine's WebAssembly engine has no SIMD: " +
        "an x86-64 processor with SSE4.1 or an ARM processor with NEON is needed",
    );
  }
  return (await import("./wasm_modules.js")).tfjsWasmModule;
}
