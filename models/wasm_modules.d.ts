/** TensorFlow.js's WASM backend with SIMD, compiled. It can be posted to workers. */
export const tfjsWasmModule: WebAssembly.Module;
