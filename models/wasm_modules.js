// @ts-self-types="./wasm_modules.d.ts"
// Source-phase imports compile the binary while the module graph loads: no path, no permission, and
// they also work where compiling bytes at run time is forbidden. TypeScript cannot parse them, so
// this file is JavaScript.
import source tfjsWasmModule from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";

export { tfjsWasmModule };
