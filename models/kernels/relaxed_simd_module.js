// @ts-self-types="./relaxed_simd_module.d.ts"
// A file of its own: importing it fails where the engine has no relaxed SIMD. TypeScript cannot parse
// source-phase imports; see ../wasm_modules.js.
import source recurrentModule from "./recurrent_relaxed.wasm";

export { recurrentModule };
