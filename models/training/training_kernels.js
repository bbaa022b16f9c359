// @ts-self-types="./training_kernels.d.ts"
// A source-phase import, as in ../wasm_modules.js.
import source trainingKernelsModule from "./training_kernels.wasm";

export { trainingKernelsModule };
