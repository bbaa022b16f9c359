// @ts-self-types="./simd_module.d.ts"
// TypeScript cannot parse source-phase imports; see ../wasm_modules.js.
import source recurrentModule from "./recurrent.wasm";

export { recurrentModule };
